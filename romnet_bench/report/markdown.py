"""A table that GitHub shows."""

import re

from romnet_bench.report.sheet import Cell, Sheet, one_line


def to_markdown(sheet: Sheet) -> str:
    """`sheet` with the best in bold, places raised, and its sentences below.

    Markdown has one row of headings: a common one is put before each of its columns.
    """
    head = [sheet.head, *(f"{column.group} {column.heading}".strip() for column in sheet.columns)]
    rows = [[escape_markdown(text) for text in head], ["---", *["---:"] * len(sheet.columns)]]
    for line in sheet.lines:
        label = escape_markdown(line.label) + (" †" if line.warned else "")
        rows.append([label, *map(_format_cell, line.cells)])
    body = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    below = "".join(f"- {escape_markdown(sentence)}\n" for sentence in sheet.below)
    text = f"### {escape_markdown(sheet.title)}\n\n{body}\n"
    return f"{text}\n{below}" if below else text


def escape_markdown(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line."""
    text = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_{}\[\]#!|~$])", r"\\\1", text)
    return re.sub(r"^(\d*)([-+.)])(?= )", r"\1\\\2", text)  # would begin a list


def _format_cell(cell: Cell) -> str:
    text = escape_markdown(cell.text)
    text = f"**{text}**" if cell.best else text
    # An interval's brackets make no link here: no round bracket follows them.
    small = one_line(cell.small) if re.fullmatch(r"[\[\]\d., −+()-]*", cell.small) else ""
    small = small or escape_markdown(cell.small)
    place = f"<sup>{cell.place}</sup>" if cell.place else ""
    if small and not small.startswith(("[", "(")):  # another number: it must not pass for this one
        return f"{text}{place}<br><sub>{small}</sub>".removeprefix("<br>")
    return f"{text}{place} {small}".strip()
