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
from romnet_bench.report.page.copies import FULL_SIDE
from romnet_bench.report.page.gallery import Entry
from romnet_bench.report.page.origin import list_origin
from romnet_bench.report.page.section import Section

_STYLES = ("base.css", "tables.css", "photos.css", "compare.css")
_THEME = "theme.js"  # in the head: the page must not flash in the other theme
_SCRIPTS = ("tables.js", "methods.js", "photos.js", "view.js", "compare.js", "keys.js")
_UNITS = {"psnr": "dB"}

# What turns the direction of the text around it, and control signs.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


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
        outputs_of=_list_outputs,
        rest_of=_leave_out_telling,
        origin_of=list_origin,
        scores_of=_list_scores,
        metrics=[
            {
                "key": metric.key,
                "label": metric.label,
                "up": metric.higher_is_better,
                "digits": metric.digits,
                "unit": _UNITS.get(metric.key, metric.label),
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


def list_methods(sections: Sequence[Section]) -> list[str]:
    """The labels of all methods that can be hidden on the page, each once."""
    return list(dict.fromkeys(label for section in sections for label in _list_outputs(section)))


def _list_outputs(section: Section) -> list[str]:
    """The labels of the outputs in the order of every entry's shots."""
    shown = next((entry.shots[1:-1] for entry in section.entries if entry.shots), None)
    if shown is not None:
        return [shot.title for shot in shown]
    return [run.label for run in section.runs if not run.is_floor]


def _leave_out_telling(section: Section) -> list[Entry]:
    taken = {entry.id for _, entry in section.telling}
    return [entry for entry in section.entries if entry.id not in taken]


def _list_scores(entries: Sequence[Entry]) -> list[dict[str, list[float | None]]]:
    """For each entry and metric the numbers of the input and of each output, None if unknown."""
    return [
        {
            metric.key: [_finite(shot.scores.get(metric.key)) for shot in entry.shots[:-1]]
            for metric in METRICS
        }
        for entry in entries
    ]


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
