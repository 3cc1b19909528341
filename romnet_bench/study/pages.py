"""The pages that a person of the ranking study sees, as HTML, and the files these load.

Nothing here knows a method's name: a page is made of what `TrialView` holds, and that holds none.
"""

import dataclasses
import functools
import math
import re
from importlib import resources
from pathlib import PurePath

import jinja2

CSP = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self' data:",  # data: is the empty icon
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # no text can become HTML or code, anywhere
        "trusted-types 'none'",
    )
)
"""The Content-Security-Policy that every page is to be sent with: no inline script or style."""

_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclasses.dataclass(frozen=True)
class StudyText:
    """What the study's owner says about it; plain text, whatever it holds."""

    title: str
    photos: int
    """Photos that one person is asked to rank, checks among them: no count gives those away."""
    consent: str
    """Paragraphs, with blank lines between."""
    contact: str
    """Whom to ask; empty: nobody is named."""


@dataclasses.dataclass(frozen=True)
class PictureView:
    """One method's output as a person sees it."""

    key: str
    """What an answer calls it; opaque."""
    url: str
    letter: str
    """A, B, … by its place on the screen."""


@dataclasses.dataclass(frozen=True)
class TrialView:
    """One photo and its outputs, in the order in which they are shown."""

    trial: str
    link: str
    """The last part of the personal link `/s/<link>`."""
    number: int
    """From 1."""
    total: int
    input: str
    """The old photo's URL."""
    outputs: tuple[PictureView, ...]
    width: int
    """Of every picture, in pixels."""
    height: int


def welcome_page(study: StudyText) -> str:
    """What the study is about and the consent to it; needs no script."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", study.consent) if part.strip()]
    return _render(
        "welcome.html.j2",
        study=study,
        paragraphs=paragraphs,
        duration=_say_duration(study.photos),
    )


def trial_page(trial: TrialView) -> str:
    """One photo with its outputs, to be ranked."""
    modules = sorted(name for name in _read_assets() if name.endswith(".js"))
    return _render("trial.html.j2", trial=trial, modules=modules)


def thanks_page(link: str, done: int) -> str:
    """The end: `done` photos are ranked, and none is left."""
    return _render("thanks.html.j2", link=link, done=done)


def message_page(title: str, sentence: str) -> str:
    """A page that says one thing."""
    return _render("message.html.j2", title=title, sentence=sentence)


def full_page() -> str:
    """Nobody else can join."""
    return message_page(
        "This study is full",
        "As many people as it needs take part already. Thank you for your interest. "
        "If you began before, open your personal link to go on.",
    )


def unknown_page() -> str:
    """Nothing is known by the link that was opened."""
    return message_page(
        "This link is not known",
        "Check that the whole link was copied. If you stopped and had your answers deleted, "
        "the link went with them.",
    )


def stopped_page() -> str:
    """The person took the answers back."""
    return message_page(
        "Your answers are deleted",
        "Nothing of what you ranked is kept, and your personal link works no more. "
        "Thank you for your time.",
    )


def asset(name: str) -> tuple[bytes, str]:
    """A file that the pages load from `/static/<name>`, and its media type.

    Raises:
        KeyError: there is none of that name.
    """
    return _read_assets()[name]


@functools.cache
def _read_assets() -> dict[str, tuple[bytes, str]]:
    """All of them: a name from outside is only ever looked up, never made into a path."""
    return {
        path.name: (path.read_bytes(), _MEDIA_TYPES[PurePath(path.name).suffix])
        for path in (resources.files("romnet_bench.study") / "templates").iterdir()
        if PurePath(path.name).suffix in _MEDIA_TYPES
    }


def _say_duration(photos: int) -> str:
    """At half a minute to a minute for a photo."""
    least, most = photos / 2, photos
    if most < 120:
        return f"{math.ceil(least)} to {most} minutes"
    return f"{math.floor(least / 60)} to {math.ceil(most / 60)} hours"


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("romnet_bench.study"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
