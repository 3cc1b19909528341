"""A table as an HTML file of its own, to be opened or pasted elsewhere."""

from pathlib import Path

import jinja2

from romnet_bench.report.sheet import Sheet, one_line


def to_html(sheet: Sheet) -> str:
    """`sheet` as a page without scripts; every string of it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        finalize=lambda value: one_line(value) if isinstance(value, str) else value,
    )
    return environment.get_template("table.html.j2").render(sheet=sheet)
