"""What one person is shown: the plan's trials behind keys that tell nothing and fit nobody else."""

import dataclasses
import functools
import hashlib
import hmac
import re
import secrets
from pathlib import Path
from typing import TypeVar

from romnet_bench.study.definition import Definition
from romnet_bench.study.pictures import Shelf
from romnet_bench.study.plan import Trial, plan_person

_LINK = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclasses.dataclass(frozen=True)
class Screen:
    """One trial of one person."""

    key: str
    number: int  # from 0
    trial: Trial
    input: str  # key of the old photo
    outputs: tuple[str, ...]  # keys of the outputs, by place


@dataclasses.dataclass(frozen=True)
class Screens:
    """All trials of one person, and the file behind each of their pictures."""

    in_order: tuple[Screen, ...]
    files: dict[str, Path]

    def find(self, key: str) -> Screen | None:
        """The screen of that key, if it is this person's; takes as long whichever it is."""
        return _find({screen.key: screen for screen in self.in_order}, key)

    def file(self, key: str) -> Path | None:
        """The file behind a picture's key, if it is this person's."""
        return _find(self.files, key)


def new_link() -> str:
    """The last part of a personal link: 128 random bits."""
    return secrets.token_urlsafe(16)


def new_secret() -> bytes:
    """What a study's keys are made with."""
    return secrets.token_bytes(32)


def hash_link(link: str) -> str | None:
    """What is kept of a personal link, from which nobody can make it; None if it cannot be one."""
    return hashlib.sha256(link.encode()).hexdigest() if _LINK.fullmatch(link) else None


def make_screens(
    definition: Definition, shelf: Shelf, secret: bytes, seat: int, link_hash: str
) -> Screens:
    """What the person at `seat` is shown.

    Every key is an HMAC (RFC 2104) under the study's secret of the person's link, the trial and
    the place: it tells nothing of what is behind it, and differs where anything does.
    """
    derive = functools.partial(_derive, secret, link_hash)
    screens, files = [], {}
    for number, trial in enumerate(plan_person(definition.design, seat)):
        photo = definition.shown_index(trial)
        shown = derive(number, "input")
        places = tuple(derive(number, place) for place in range(len(trial.places)))
        files[shown] = shelf.input(photo)
        for key, method in zip(places, trial.places, strict=True):
            is_ruined = method == trial.ruined
            files[key] = shelf.ruined(photo) if is_ruined else shelf.output(photo, method)
        screens.append(Screen(derive(number, "trial"), number, trial, shown, places))
    return Screens(tuple(screens), files)


def _derive(secret: bytes, *parts: object) -> str:
    return hmac.digest(secret, "/".join(map(str, parts)).encode(), "sha256")[:16].hex()


T = TypeVar("T")


def _find(entries: dict[str, T], key: str) -> T | None:
    """The entry of that key, compared with every one of them in constant time."""
    wanted = key.encode(errors="replace")
    found = None
    for candidate, entry in entries.items():
        if hmac.compare_digest(candidate.encode(), wanted):
            found = entry
    return found
