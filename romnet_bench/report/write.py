"""A table in every form that people need it in."""

from pathlib import Path

from romnet_bench.files import write_text
from romnet_bench.report.html import to_html
from romnet_bench.report.latex import to_latex
from romnet_bench.report.markdown import to_markdown
from romnet_bench.report.sheet import Sheet


def write_sheet(sheet: Sheet, numbers: str, folder: Path) -> list[tuple[str, Path]]:
    """Writes a table as CSV, Markdown, LaTeX and HTML.

    Args:
        sheet: the table as it is printed; its key names the files.
        numbers: the table as CSV, in full precision.
        folder: where the files go.

    Returns:
        What to call each form, and its file.
    """
    forms = (
        ("CSV", "csv", numbers),
        ("Markdown", "md", to_markdown(sheet)),
        ("LaTeX", "tex", to_latex(sheet)),
        ("HTML", "html", to_html(sheet)),
    )
    written = []
    for name, ending, text in forms:
        path = folder / f"{sheet.key}.{ending}"
        write_text(path, text)
        written.append((name, path))
    return written
