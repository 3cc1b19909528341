"""Which colour photo lends its colours to a grey one: the k-th most similar, or one given."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import Protocol

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.images import Picture
from romnet_bench.progress import track
from romnet_bench.references.features import Features
from romnet_bench.references.ranked import COUNT, Ranked, candidates_of, rank_split, stored_ranking
from romnet_bench.references.search import Match, best
from romnet_bench.references.shards import MemoryIndex, describe, describe_query, join


@dataclasses.dataclass(frozen=True)
class Reference:
    """A colour photo for a grey one."""

    picture: Picture  # H×W×3
    id: str
    rank: int  # 1 is the most similar; 0 where it was given by hand


class ReferenceChooser(Protocol):
    """Gives every photo its reference, and says for the record how it chose."""

    def choose(self, photo: Photo) -> Reference:
        """The reference of a photo."""
        ...

    def describe(self) -> dict[str, str]:
        """How references were chosen, for `run.json`."""
        ...


@dataclasses.dataclass(frozen=True)
class GivenReference:
    """The same photo for all, given by hand."""

    reference: Reference

    def choose(self, photo: Photo) -> Reference:  # noqa: ARG002
        """That photo."""
        return self.reference

    def describe(self) -> dict[str, str]:
        """Its name."""
        return {"choice": "given", "reference": self.reference.id}


class RankedReferences:
    """The k-th most similar photo of a collection, as section III-E ranks them, from memory.

    For some hundreds of candidates, or a dataset that cannot be written to; else `ranked`.
    Candidates are compared in grey, since the photo that asks is grey. The photo itself, in
    whatever variant, is never its own reference, nor is a near-duplicate of its target.

    Args:
        candidates: a split whose targets may lend their colours, such as the training split; of
            several variants of one photo the first is taken.
        features: maps of a grey picture (`references.features`).
        position: k, from 1.
        ids: those of the candidates that may be chosen; all by default.

    Raises:
        UserError: there are fewer than k candidates.
    """

    def __init__(
        self,
        candidates: PhotoSet,
        features: Features,
        position: int = 1,
        ids: list[str] | None = None,
    ) -> None:
        self._candidates = candidates
        self._features = features
        self._position = position
        lenders: dict[str, str] = {}
        for identity in candidates.ids if ids is None else ids:
            lenders.setdefault(candidates.originals[identity], identity)
        _require(position, len(lenders), candidates)
        described = [
            describe(lightness_grey(candidates.target(identity)), features)
            for identity in track(lenders.values(), "describing references", len(lenders))
        ]
        self._index = MemoryIndex(tuple(lenders.values()), join(described))
        self._places = {original: place for place, original in enumerate(lenders)}

    def choose(self, photo: Photo) -> Reference:
        """The k-th most similar candidate.

        Raises:
            UserError: too few are left without the photo itself.
        """
        itself = self._places.get(str(photo.meta.get("photo", photo.id)))
        query = describe_query(photo.input, photo.target, self._features)
        found = best(query, self._index, self._position, [[] if itself is None else [itself]])[0]
        return _reference(self._candidates, photo.id, found, self._position)

    def describe(self) -> dict[str, str]:
        """Features, rank and the collection."""
        return {
            "choice": "ranked",
            "features": self._features.name,
            "rank": str(self._position),
            "candidates": str(len(self._index.ids)),
            "dataset": self._candidates.name,
            "split": self._candidates.split,
            "fingerprint": self._candidates.fingerprint,
        }


@dataclasses.dataclass(frozen=True)
class StoredReferences:
    """The k-th reference of a ranking that stands with the dataset (`ranked.rank_split`)."""

    ranked: Ranked
    candidates: PhotoSet
    position: int

    def choose(self, photo: Photo) -> Reference:
        """The k-th of the photo's list.

        Raises:
            UserError: the list is shorter.
        """
        found = self.ranked.matches.get(photo.id, [])
        return _reference(self.candidates, photo.id, found, self.position)

    def describe(self) -> dict[str, str]:
        """Features, rank and the collection."""
        origin = self.ranked.origin
        shortlist = origin.get("shortlist", "0")
        return {
            "choice": "ranked",
            "features": origin["features"],
            "rank": str(self.position),
            "candidates": origin.get("lenders", ""),
            "dataset": self.candidates.name,
            "split": self.candidates.split,
            "fingerprint": self.candidates.fingerprint,
            **({} if shortlist == "0" else {"shortlist": shortlist}),
        }


def choose_references(
    photos: PhotoSet,
    candidates: PhotoSet,
    load: Callable[[], Features],
    name: str,
    position: int = 1,
) -> ReferenceChooser:
    """The k-th most similar candidates, from the ranking that stands with `photos`.

    One that does not stand there yet is made, and stays for the next time; beside a dataset that
    cannot be written to, it is made in memory.

    Args:
        photos: the photos that need references.
        candidates: the photos that lend their colours.
        load: gives the features, asked only where something is left to do.
        name: of the features.
        position: k, from 1.

    Raises:
        UserError: there are fewer than k candidates.
    """
    _require(position, len(candidates_of(candidates)), candidates)
    if stored := stored_ranking(photos, candidates, name, position):
        return StoredReferences(stored, candidates, position)
    if not all(os.access(folder, os.W_OK) for folder in (photos.folder, candidates.folder)):
        return RankedReferences(candidates, load(), position)
    ranked = rank_split(photos, candidates, load, name, count=max(position, COUNT))
    return StoredReferences(ranked, candidates, position)


def _require(position: int, available: int, candidates: PhotoSet) -> None:
    if available < position:
        raise UserError(
            f"Rank {position} was asked for and {candidates.folder} has {available} "
            f"photos in {candidates.split}: lower --rank."
        )


def _reference(
    candidates: PhotoSet, identity: str, found: Sequence[Match], position: int
) -> Reference:
    if len(found) < position:
        raise UserError(f"{identity} has no reference of rank {position}.")
    chosen = found[position - 1].id
    return Reference(candidates.target(chosen), chosen, position)
