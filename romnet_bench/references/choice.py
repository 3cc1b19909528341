"""Which colour photo lends its colours to a grey one: the k-th most similar, or one given."""

import dataclasses
from typing import Protocol

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.images import Picture
from romnet_bench.progress import track
from romnet_bench.references.features import Features
from romnet_bench.references.ranking import rank


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
    """The k-th most similar photo of a collection, as section III-E ranks them.

    Candidates are compared in grey, since the photo that asks is grey. The photo itself, in
    whatever variant, is never its own reference.

    Args:
        candidates: a split whose targets may lend their colours, such as the training split; of
            several variants of one photo the first is taken.
        features: maps of a grey picture (`references.features`).
        name: what `features` are called.
        position: k, from 1.
        ids: those of the candidates that may be chosen; all by default.

    Raises:
        UserError: there are fewer than k candidates.
    """

    def __init__(
        self,
        candidates: PhotoSet,
        features: Features,
        name: str,
        position: int = 1,
        ids: list[str] | None = None,
    ) -> None:
        self._candidates = candidates
        self._features = features
        self._name = name
        self._position = position
        self._ids: dict[str, str] = {}
        for identity in candidates.ids if ids is None else ids:
            self._ids.setdefault(candidates.originals[identity], identity)
        if len(self._ids) < position:
            raise UserError(
                f"Rank {position} was asked for and {candidates.folder} has {len(self._ids)} "
                f"photos in {candidates.split}: lower --rank."
            )
        self._maps = {
            original: features(lightness_grey(candidates.target(identity)))
            for original, identity in track(
                self._ids.items(), "describing references", len(self._ids)
            )
        }

    def choose(self, photo: Photo) -> Reference:
        """The k-th most similar candidate.

        Raises:
            UserError: too few are left without the photo itself.
        """
        itself = str(photo.meta.get("photo", photo.id))
        others = {original: maps for original, maps in self._maps.items() if original != itself}
        if len(others) < self._position:
            raise UserError(f"{photo.id} has no reference of rank {self._position}.")
        original = rank(self._features(photo.input), others)[self._position - 1]
        chosen = self._ids[original]
        return Reference(self._candidates.target(chosen), chosen, self._position)

    def describe(self) -> dict[str, str]:
        """Features, rank and the collection."""
        return {
            "choice": "ranked",
            "features": self._name,
            "rank": str(self._position),
            "candidates": str(len(self._ids)),
            "dataset": self._candidates.name,
            "split": self._candidates.split,
            "fingerprint": self._candidates.fingerprint,
        }
