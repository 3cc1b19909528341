"""How a figure marks methods that may not be compared with the others."""

from collections.abc import Collection

MARK = "‡"  # in a table † points to a remark, also where rows may be compared
MARK_NOTE = f"{MARK}: not comparable, see the table."


def mark(text: str, name: str, marked: Collection[str]) -> str:
    """`text`, which shows the method called `name`, with ‡ behind it if that is in `marked`."""
    return f"{text}{MARK}" if name in marked else text
