"""The paper's Table III, and which of our methods stand in it."""

import dataclasses
import math

from romnet_bench.published.manifest import Manifest, list_manifests
from romnet_bench.report.published import read_published

TABLE = "table3"
ROUNDING = 0.05  # per cent, of a share that is printed with one decimal


@dataclasses.dataclass(frozen=True)
class PaperStudy:
    """What the paper printed of its own ranking study.

    Attributes:
        photos: the name of the photos that were ranked.
        shares: method, as the paper calls it → top 1, top 2, … in per cent.
    """

    photos: str
    shares: dict[str, tuple[float, ...]]

    def share(self, method: str, top: int) -> float:
        """NaN where the paper has no such method, or no such column."""
        shares = self.shares.get(method, ())
        return shares[top - 1] if 0 < top <= len(shares) else math.nan

    @property
    def sums(self) -> list[float]:
        """Of top 1, top 2, … over the methods; 100, 200, … if everybody ranked them all."""
        return [math.fsum(column) for column in zip(*self.shares.values(), strict=True)]

    @property
    def adds_up(self) -> bool:
        """Whether every sum is what it must be, but for rounding."""
        slack = ROUNDING * len(self.shares) + 1e-9
        return all(abs(total - 100 * top) <= slack for top, total in enumerate(self.sums, 1))


def read_paper_study() -> PaperStudy:
    """The paper's Table III."""
    ((photos, methods),) = read_published(TABLE).values.items()
    shares = {
        name: tuple(float(cells[f"top{top}"]) for top in range(1, len(cells) + 1))
        for name, cells in methods.items()
    }
    return PaperStudy(photos, shares)


def name_in_paper(label: str, paper: PaperStudy) -> str:
    """What the paper calls a method of that label; empty where it has none.

    A variant counts as the paper's if it does what the system itself does: "DeOldify, stable" is
    its DeOldify, "ROMNet, lightness only" is not its ROMNet.
    """
    for name in paper.shares:
        if label.casefold() == name.casefold():
            return name
    for manifest in list_manifests():
        if manifest.label in paper.shares and label in _variants(manifest):
            return manifest.label
    return ""


def _variants(manifest: Manifest) -> list[str]:
    whole = manifest.methods[0]
    does = (whole.restores, whole.colorizes)
    return [facts.label for facts in manifest.methods if (facts.restores, facts.colorizes) == does]
