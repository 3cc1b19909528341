"""Writes what the site takes from elsewhere: the page of every command, and pictures of reports/.

python docs/refresh.py            writes them
python docs/refresh.py --check    says what is out of date, and exits with 1 if anything is
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from romnet_bench.cli import FAILED, INTERRUPTED, cli
from romnet_bench.cli.common import PARTLY
from romnet_bench.cli.reporting import WORSE

DOCS = Path(__file__).resolve().parent
NAME = "romnet-bench"
PICTURES = {
    "pictures/sample-photos.jpg": "reports/sample/figures/sample-test-photos.jpg",
}
"""Place below docs/ → place below the checkout. The site's builder does not follow links."""

INTRODUCTION = f"""\
---
description: Synopsis, options, defaults and an example of every command
---

# Every command

<!-- Written by docs/refresh.py from the commands themselves: do not edit. -->

`{NAME} COMMAND --help` prints the same on your machine. Long work shows its progress: a bar on a
terminal, plain lines elsewhere. A mistake is one sentence on standard error, never a traceback.

## Exit statuses

| status | means |
| ---: | --- |
| 0 | done |
| {FAILED} | a mistake: the sentence says what to do |
| 2 | a wrong option or argument |
| {PARTLY} | done, except for what is named at the end: photos that could not be read, weights \
that could not be had, a method that does not keep the contract |
| {WORSE} | `report --compare … --fail-if-worse`: the second run is worse than allowed |
| {INTERRUPTED} | stopped with Ctrl-C; building, training and running go on with the same command |

## Environment

| variable | means |
| --- | --- |
| `ROMNET_BENCH_WEIGHTS` | a folder of pretrained and published weights, looked into first |
| `ROMNET_BENCH_CACHE` | for downloads; without it `~/.cache/romnet-bench` |
| `TORCH_HOME` | torch's own; pretrained features lie in `hub/checkpoints` below it |
| `HF_TOKEN`, `HF_ENDPOINT` | the Hugging Face Hub's own: who you are, and which Hub |
| `ROMNET_BENCH_STUDY_TOKEN` | the word that opens a ranking study's export |
"""


def commands_page() -> str:
    """The page of every command, as Markdown."""
    return "\n".join([INTRODUCTION, *_sections(cli, NAME)])


def _sections(group: click.Group, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        full = f"{path} {name}"
        level = "##" if path == NAME else "###"
        yield f"{level} {full.removeprefix(NAME).strip()}\n"
        yield from _describe(command, full)
        if isinstance(command, click.Group):
            yield from _sections(command, full)


def _describe(command: click.Command, path: str) -> Iterator[str]:
    words, examples = _split_help(command)
    yield from (f"{_escape(paragraph)}\n" for paragraph in words)
    yield f"```text\n{path} {_synopsis(command)}".rstrip() + "\n```\n"
    for sentence, lines in examples:
        yield f"{_escape(sentence)}\n"
        yield "```sh\n" + "\n".join(lines) + "\n```\n"
    options = [param for param in command.params if isinstance(param, click.Option)]
    if options:
        rows = "\n".join(_row(option) for option in options)
        head = "| option | | default |\n| --- | --- | --- |"
        yield f'<div class="options" markdown>\n\n{head}\n{rows}\n\n</div>\n'


def _split_help(command: click.Command) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Paragraphs of prose, and examples: a sentence with the indented lines below it."""
    words: list[str] = []
    examples: list[tuple[str, list[str]]] = []
    for block in inspect.cleandoc(command.help or "").split("\n\n"):
        if not block.startswith("\b"):
            words.append(" ".join(block.split()))
            continue
        for line in block.splitlines()[1:]:
            if line.startswith(" ") and examples:
                examples[-1][1].append(line.strip())
            else:
                examples.append((line, []))
    return words, examples


def _synopsis(command: click.Command) -> str:
    parts = ["[OPTIONS]"] if any(isinstance(p, click.Option) for p in command.params) else []
    if isinstance(command, click.Group):
        parts.append("[COMMAND]" if command.invoke_without_command else "COMMAND")
    for param in command.params:
        if isinstance(param, click.Argument):
            word = (param.name or "").upper() + ("..." if param.nargs == -1 else "")
            parts.append(word if param.required else f"[{word}]")
    return " ".join(parts)


def _row(option: click.Option) -> str:
    names = " / ".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag else f" {_escape(_value_name(option))}"
    help_text, default = option.help or "", _default(option)
    if found := re.search(r"\s*\[default: (.*)\]$", help_text):
        help_text, default = help_text[: found.start()], _escape(found[1])
    if option.multiple and "epeatable" not in help_text:
        help_text = f"{help_text} Repeatable.".strip()
    return f"| `{names}`{value} | {_escape(help_text)}{_bounds(option)} | {default} |"


def _value_name(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return " | ".join(map(str, option.type.choices))
    kinds = {click.IntRange: "N", click.FloatRange: "X", click.Path: "PATH"}
    word = next((word for kind, word in kinds.items() if isinstance(option.type, kind)), None)
    word = word or {"integer": "N", "float": "X"}.get(option.type.name, "TEXT")
    return " ".join([word] * option.nargs)


def _default(option: click.Option) -> str:
    if option.required:
        return "none: it must be given"
    if option.secondary_opts:
        return f"`{option.opts[0] if option.default else option.secondary_opts[0]}`"
    if not option.show_default or option.default is None:
        return ""
    if isinstance(option.show_default, str):
        return _escape(option.show_default)
    values = option.default if isinstance(option.default, (list, tuple)) else [option.default]
    return ", ".join(f"`{value}`" for value in values)


def _bounds(option: click.Option) -> str:
    kind = option.type
    if not isinstance(kind, (click.IntRange, click.FloatRange)) or kind.min is None:
        return ""
    if isinstance(kind, click.FloatRange) and kind.min_open:
        return f" (above {kind.min:g})"
    return (
        f" ({kind.min} or more)"
        if kind.max is None or kind.max > 10**6
        else (f" ({kind.min} to {kind.max})")
    )


def _escape(text: str) -> str:
    """Prose as Markdown shows it unchanged; what stands between backticks stays code."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(
        piece.replace("|", "\\|")
        if piece.startswith("`")
        else re.sub(r"([\\*_<>|\[\]])", r"\\\1", piece)
        for piece in pieces
    )


def wanted() -> dict[Path, bytes]:
    """Every file that this script writes, with its content."""
    files = {DOCS / "commands.md": commands_page().encode()}
    for here, there in PICTURES.items():
        files[DOCS / here] = (DOCS.parent / there).read_bytes()
    return files


def main(check: bool) -> int:
    """Writes what is out of date, or only names it."""
    files = wanted()
    old = [path for path, new in files.items() if not path.exists() or path.read_bytes() != new]
    for path in old:
        print(f"{path.relative_to(DOCS.parent)} {'is out of date' if check else 'written'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
    return int(check and bool(old))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
