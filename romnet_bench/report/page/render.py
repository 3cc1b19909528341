"""The page's HTML from its sections, with the only style and scripts that it may run."""

import base64
import hashlib
import importlib.resources
import math
import re
from collections.abc import Sequence

import jinja2

from romnet_bench import __version__
from romnet_bench.protocol import METRICS
from romnet_bench.report.page.choices import (
    find_metric,
    find_metric_of_fact,
    list_methods,
    list_metrics,
    list_outputs,
)
from romnet_bench.report.page.copies import FULL_SIDE
from romnet_bench.report.page.missing import describe_missing
from romnet_bench.report.page.origin import list_origin
from romnet_bench.report.page.remarks import share_remarks
from romnet_bench.report.page.section import Section
from romnet_bench.report.telling import Entry

_STYLES = ("base.css", "tables.css", "photos.css", "compare.css")
_THEME = "theme.js"  # in the head: the page must not flash in the other theme
_SCRIPTS = ("choices.js", "tables.js", "photos.js", "view.js", "compare.js", "keys.js", "links.js")
_UNITS = {"psnr": "dB"}

# What turns the direction of the text around it, and control signs.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def render_page(sections: Sequence[Section], title: str = "") -> str:
    """The page's HTML; every name, id and path from outside is escaped.

    Args:
        sections: from top to bottom.
        title: the page's heading; without one the datasets are named.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("romnet_bench.report.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_show,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    labels = list_methods(sections)
    style, theme, script = map(_read, (_STYLES, (_THEME,), _SCRIPTS))
    return environment.get_template("page.html.j2").render(
        title=title or _make_title(sections),
        version=__version__,
        sections=sections,
        labels=labels,
        numbers={label: number for number, label in enumerate(labels)},
        choices=list_metrics(sections),
        metric_of=find_metric,
        metric_of_fact=find_metric_of_fact,
        outputs_of=list_outputs,
        barred_of=_list_barred,
        rest_of=_leave_out_telling,
        origin_of=list_origin,
        scores_of=_list_scores,
        shared_of=share_remarks,
        missing_of=describe_missing,
        gain_in_words=_put_in_words,
        metrics=[
            {
                "key": metric.key,
                "label": metric.label,
                "up": metric.higher_is_better,
                "digits": metric.digits,
                "unit": _UNITS.get(metric.key, ""),
            }
            for metric in METRICS
        ],
        full_side=FULL_SIDE,
        style=style,
        theme=theme,
        script=script,
        # The browser runs these alone: nothing that a hostile name might bring along.
        hashes={"style": _hash(style), "theme": _hash(theme), "script": _hash(script)},
    )


def _leave_out_telling(section: Section) -> list[Entry]:
    taken = {entry.id for _, entry in section.telling}
    return [entry for entry in section.entries if entry.id not in taken]


def _list_barred(section: Section) -> dict[str, list[int]]:
    """For each metric the outputs, by their numbers from 0, that may not be compared in it."""
    return {
        metric.key: [
            index
            for index, label in enumerate(list_outputs(section))
            if label in section.incomparable.get(metric.key, ())
        ]
        for metric in METRICS
    }


def _list_scores(entries: Sequence[Entry]) -> list[dict[str, list[float | None]]]:
    """For each entry and metric the numbers of the input and of each output, None if unknown."""
    return [
        {
            metric.key: [_finite(shot.scores.get(metric.key)) for shot in entry.shots[:-1]]
            for metric in METRICS
        }
        for entry in entries
    ]


def _put_in_words(gain: float) -> str:
    """A gain in PSNR as the script words it too: a reader must not have to know the direction."""
    metric = METRICS[0]
    if math.isnan(gain):
        return ""
    amount = f"{abs(gain):.{metric.digits}f}"
    if float(amount) == 0:
        return f"{metric.label} unchanged"
    return f"{metric.label} {'better' if gain > 0 else 'worse'} by {amount} {_UNITS[metric.key]}"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _make_title(sections: Sequence[Section]) -> str:
    names = list(dict.fromkeys(section.dataset for section in sections if section.runs))
    return f"Results on {', '.join(names)}" if 1 <= len(names) <= 3 else "Results"


def _show(value: object) -> object:
    """Any value as it may stand on the page: signs that hide or turn text are shown as `�`."""
    return _UNSEEN.sub("�", value) if type(value) is str else value


def _read(names: Sequence[str]) -> str:
    folder = importlib.resources.files("romnet_bench.report.page") / "templates"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    """The SHA-256 by which a Content-Security-Policy knows an inline style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
