"""The report as one HTML page that works offline, beside its pictures."""

import base64
import dataclasses
import hashlib
import math

import jinja2

from romnet_bench import __version__
from romnet_bench.protocol import METRICS
from romnet_bench.report.formats import (
    HOW,
    format_mean,
    format_photos,
    format_range,
    format_seconds,
    state_protocol,
)
from romnet_bench.report.gallery import FULL_SIDE, Entry
from romnet_bench.report.runs import Run
from romnet_bench.report.tables import Row, Table


@dataclasses.dataclass(frozen=True)
class Section:
    """One comparison on the page; links are relative to the page, as (name, link)."""

    table: Table
    runs: list[Run]
    table_files: list[tuple[str, str]]
    distribution: str
    distribution_files: list[tuple[str, str]]
    grid_files: list[tuple[str, str]]
    telling: list[tuple[str, Entry]]
    entries: list[Entry]
    trouble: str  # what is wrong with its pictures, empty if nothing


def render_page(sections: list[Section]) -> str:
    """The page's HTML; every name, id and path from outside is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("romnet_bench.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,  # the hashes below are of every byte
    )
    return environment.get_template("page.html.j2").render(
        title=_make_title(sections),
        version=__version__,
        metrics=METRICS,
        full_side=FULL_SIDE,
        sections=[_describe(section) for section in sections],
        # The browser runs this script alone: nothing that a hostile name might bring along.
        style_hash=_hash(environment.get_template("page.css").render()),
        script_hash=_hash(environment.get_template("page.js").render()),
    )


def _make_title(sections: list[Section]) -> str:
    names = list(dict.fromkeys(section.table.dataset for section in sections))
    return f"Results on {', '.join(names)}" if len(names) <= 3 else "Results"


def _describe(section: Section) -> dict[str, object]:
    """What the template reads: its own names beside those of `Section`."""
    table = section.table
    plain = {field.name: getattr(section, field.name) for field in dataclasses.fields(section)}
    return {
        **plain,
        "key": table.key,
        "protocol": state_protocol(table),
        "how": HOW,
        "rows": [_describe_row(row) for row in table.rows],
        "remarks": [
            {"label": row.label, "text": text, "warning": is_warning}
            for row in table.rows
            for texts, is_warning in ((row.warnings, True), (row.notes, False))
            for text in texts
        ],
        "footnotes": table.footnotes,
        "runs": [{"label": run.label, "facts": _list_origin(run)} for run in section.runs],
    }


def _describe_row(row: Row) -> dict[str, object]:
    cells: list[dict[str, object]] = []
    for metric in METRICS:
        interval = row.intervals[metric.key]
        cells.append(
            {
                "value": "" if interval.n == 0 else repr(interval.mean),
                "mean": format_mean(interval, metric),
                "ends": format_range(interval, metric),
                "best": metric.key in row.best,
            }
        )
    seconds = "" if math.isnan(row.seconds) else repr(row.seconds)
    cells.append({"value": row.photos, "mean": format_photos(row)})
    cells.append({"value": seconds, "mean": format_seconds(row.seconds)})
    blank = {"ends": "", "best": False}
    return {
        "label": row.label,
        "warned": bool(row.warnings),
        "cells": [{**blank, **cell} for cell in cells],
    }


def _list_origin(run: Run) -> list[tuple[str, str]]:
    """What a reader needs to judge and repeat a run."""
    record = run.record
    facts = {
        "Method": record.method.name,
        "Command": record.command,
        "Options and weights": _join(record.method.fingerprint),
        "References": _join(record.references),
        "Protocol": f"{record.protocol.name} ({record.protocol.hash})",
        "Metric weights": _join(record.weights),
        "Device": record.device,
        "Commit": record.commit,
        "Packages": _join(record.packages),
        "Started": record.started,
        "Finished": record.finished or "not finished",
        "Failed": "; ".join(f"{identity}: {reason}" for identity, reason in record.failed.items()),
    }
    return [(name, value) for name, value in facts.items() if value]


def _join(pairs: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(pairs.items()))


def _hash(text: str) -> str:
    """The SHA-256 by which a Content-Security-Policy knows an inline style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
