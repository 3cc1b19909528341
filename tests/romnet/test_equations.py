"""The tables in `baselines/romnet/README.md`: what they name exists, and the defaults are true."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pydantic
import pytest

from romnet_bench.romnet import presets
from romnet_bench.romnet.presets import PAPER

README = Path(__file__).parents[2] / "baselines" / "romnet" / "README.md"


def _rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = README.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


EQUATIONS = _rows("The equations")
STATEMENTS = _rows("What the paper says, and what stands for it")
NUMBERS = {
    cells[1].strip("`"): cells[2].strip("`") for cells in STATEMENTS if ".presets." in cells[1]
}


@pytest.mark.parametrize("symbol", sorted({cells[1] for cells in EQUATIONS + STATEMENTS}))
def test_every_symbol_exists(symbol: str) -> None:
    """And has a docstring, or is a field of a preset."""
    assert re.fullmatch(r"`[\w.]+`", symbol)
    path = symbol.strip("`").split(".")
    if path[:2] == ["romnet", "presets"]:
        assert path[3] in getattr(presets, path[2]).model_fields
    else:
        found = getattr(importlib.import_module(".".join(["romnet_bench", *path[:-1]])), path[-1])
        assert found.__doc__


def test_the_numbers_are_those_of_the_preset_paper() -> None:
    """Every number of every part of the network stands in the table, with its value."""
    expected = {
        f"romnet.presets.{type(part).__name__}.{field}": value
        for part in vars(PAPER).values()
        if isinstance(part, pydantic.BaseModel)
        for field, value in part
    }
    assert {symbol: ast.literal_eval(value) for symbol, value in NUMBERS.items()} == expected


@pytest.mark.parametrize("cells", EQUATIONS, ids=lambda cells: cells[1].split(".")[-1])
def test_every_equation_is_named_and_says_its_shapes(cells: list[str]) -> None:
    """Its docstring gives the equation's number and shapes; a module's `forward` has them too."""
    path = cells[1].strip("`").split(".")
    found = getattr(importlib.import_module(".".join(["romnet_bench", *path[:-1]])), path[-1])
    said = inspect.getdoc(found) or ""
    if inspect.isclass(found):
        said += inspect.getdoc(found.forward) or ""
    for number in re.findall(r"\((\d+)\)", cells[0]):
        assert f"Eq. {number}" in said
    assert re.search(r"B×|shape|number", said)


def test_every_equation_is_there() -> None:
    """(1) to (10)."""
    numbers = {int(number) for cells in EQUATIONS for number in re.findall(r"\((\d+)\)", cells[0])}
    assert numbers == set(range(1, 11))
