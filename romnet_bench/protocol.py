"""What "PSNR", "SSIM" and "LPIPS" mean here: frozen, named, with a short hash.

One pair of pictures gives an SSIM from 0.457 to 0.762 under common definitions, so a table
without its definition says nothing. The name and hash stand in every result and table.
"""

import dataclasses
import hashlib
import json


@dataclasses.dataclass(frozen=True)
class Protocol:
    """A stated way to measure; two results may be compared only if their hashes agree."""

    name: str = "romnet-bench-1"
    pixels: str = "uint8 RGB at the target's size, nothing cropped"
    psnr_range: int = 255
    psnr_cap: float = 100.0  # dB, for identical pictures: infinity would poison a mean
    ssim_window: int = 11
    ssim_sigma: float = 1.5
    ssim_covariance: str = "population"
    ssim_channels: str = "mean over RGB, no downsampling"
    lpips_backbone: str = "alex"
    lpips_version: str = "0.1"
    aggregate: str = "mean over photos"

    @property
    def hash(self) -> str:
        """Eight hex digits that change with any field."""
        text = json.dumps(dataclasses.asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


DEFAULT = Protocol()


@dataclasses.dataclass(frozen=True)
class Metric:
    """A column of scores: how to name it and which way is better."""

    key: str
    label: str
    higher_is_better: bool
    digits: int

    @property
    def arrow(self) -> str:
        """`↑` where more is better, `↓` where less is."""
        return "↑" if self.higher_is_better else "↓"


METRICS = (
    Metric("psnr", "PSNR", higher_is_better=True, digits=2),
    Metric("ssim", "SSIM", higher_is_better=True, digits=3),
    Metric("lpips", "LPIPS", higher_is_better=False, digits=3),
)
