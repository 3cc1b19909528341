"""The networks that torchvision trained on ImageNet, described like other systems' weights."""

from pathlib import Path

from romnet_bench import weights
from romnet_bench.published.manifest import WeightFile

BACKBONES = "backbones"
"""The system, so to say, that they belong to."""


def describe_backbone(name: weights.Name, path: Path | None = None) -> WeightFile:
    """What is known of a backbone's weights.

    Args:
        name: which network.
        path: where they were found. A file of another name than torchvision's was converted or cut
            down to its first layers, and has another SHA-256.
    """
    source = weights.SOURCES[name]
    published = source.file_names[-1]
    is_published = path is None or path.name == published
    return WeightFile(
        file=published if path is None else path.name,
        methods=(name,),
        licence="BSD-3-Clause",  # torchvision's
        urls=(source.url,),
        sha256=source.sha256 if is_published else None,
    )
