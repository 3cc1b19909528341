"""Where pretrained weights come from; never silently random.

In this order: an explicit path, the folder `$ROMNET_BENCH_WEIGHTS`, the torch hub cache, and,
only when asked for, a download with a progress bar and a checked SHA-256. A file that was already
there is not hashed again (torchvision does not either): results record its `fingerprint` instead.
"""

import dataclasses
import http.client
import os
import pickle
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from romnet_bench.errors import WeightsError
from romnet_bench.files import human_path, sha256_file

Name = Literal["alexnet", "squeezenet1_1", "resnet34", "vgg19"]

VARIABLE = "ROMNET_BENCH_WEIGHTS"

# What torch.load and safetensors raise on files that are cut short, damaged or made to do harm.
_READ_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ImportError,
    AssertionError,
    RuntimeError,
    OverflowError,
    MemoryError,
    struct.error,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
)


@dataclasses.dataclass(frozen=True)
class Source:
    """Weights trained on ImageNet: where torchvision serves them and how their SHA-256 begins."""

    name: str
    url: str
    sha256: str

    @property
    def file_names(self) -> tuple[str, ...]:
        """The names under which a folder may hold them, the preferred one first."""
        return (
            f"{self.name}-features.safetensors",
            f"{self.name}.safetensors",
            self.url.rpartition("/")[2],
        )


SOURCES: dict[str, Source] = {
    name: Source(name, f"https://download.pytorch.org/models/{name}-{file}.pth", sha256)
    for name, file, sha256 in (
        ("alexnet", "owt-7be5be79", "7be5be79"),
        ("squeezenet1_1", "b8a52dc0", "b8a52dc0"),
        ("resnet34", "b627a593", "b627a593"),
        ("vgg19", "dcbb9e9d", "dcbb9e9d"),
    )
}


def find(name: Name, explicit: Path | None = None) -> Path | None:
    """The file with the weights `name`, or None where there is none.

    Args:
        name: which network.
        explicit: a file, which is final, or a folder, which is looked into first.

    Raises:
        WeightsError: `explicit` does not exist.
    """
    folders = [_hub_cache()]
    if os.environ.get(VARIABLE):
        folders.insert(0, Path(os.environ[VARIABLE]))
    if explicit is not None:
        if explicit.is_file():
            return explicit
        if not explicit.is_dir():
            raise WeightsError(
                f"{explicit} does not exist: give a file or a folder with the {name} weights."
            )
        folders.insert(0, explicit)
    return next((path for folder in folders for path in _candidates(name, folder)), None)


def require(name: Name, explicit: Path | None = None, download: bool = False) -> Path:
    """The file with the weights `name`, downloaded into the torch hub cache if `download`.

    Raises:
        WeightsError: they are missing; the sentence says what to fetch and where to put it.
    """
    path = find(name, explicit)
    if path is not None:
        return path
    if download:
        return _download(name, explicit)
    raise WeightsError(
        f"The {name} weights are missing. Fetch {SOURCES[name].url} and put it into "
        f"{_places(explicit)}."
    )


def load(path: Path) -> dict[str, Tensor]:
    """The tensors in a `.safetensors` file, or in a `.pth` or `.pt` that holds nothing else.

    A pickle is read with `weights_only=True`: it can hold tensors, never code that runs.

    Raises:
        WeightsError: the file is missing, cut short, or holds something else.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors import SafetensorError
            from safetensors.torch import load_file

            try:
                tensors = load_file(path)
            except SafetensorError as error:
                raise ValueError(error) from None
        elif path.suffix in (".pth", ".pt"):
            with warnings.catch_warnings():
                # It wonders about odd pickles; they are read whole or refused all the same.
                warnings.simplefilter("ignore")
                tensors = torch.load(path, map_location="cpu", weights_only=True)
        else:
            raise ValueError("its name must end in .safetensors, .pth or .pt")
    except FileNotFoundError:
        raise WeightsError(f"{path} does not exist: give a file with weights.") from None
    except _READ_ERRORS as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".:")
        raise WeightsError(f"{path} holds no weights that can be read ({reason}).") from None
    if not isinstance(tensors, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in tensors.items()
    ):
        raise WeightsError(f"{path} holds something other than named tensors; it is not used.")
    return dict(tensors)


def fingerprint(path: Path) -> str:
    """The SHA-256 of a weights file, in hex, as results record it."""
    return sha256_file(path)


def _places(explicit: Path | None) -> str:
    """Where weights are looked for, in words."""
    if explicit is not None:
        return human_path(explicit)
    return f"the folder that ${VARIABLE} names, or into {human_path(_hub_cache())}"


def _candidates(name: Name, folder: Path) -> list[Path]:
    paths = (folder / file_name for file_name in SOURCES[name].file_names)
    return [path for path in paths if path.is_file()]


def _hub_cache() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"


def _download(name: Name, explicit: Path | None) -> Path:
    source = SOURCES[name]
    path = _hub_cache() / source.file_names[-1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Writes beside, checks the hash, and only then renames.
        torch.hub.download_url_to_file(source.url, str(path), hash_prefix=source.sha256)
    except RuntimeError:
        raise WeightsError(
            f"What {source.url} sent does not have the SHA-256 {source.sha256}… of the {name} "
            "weights; nothing was kept. Try again, or fetch the file another way."
        ) from None
    except (OSError, http.client.HTTPException) as error:
        raise WeightsError(
            f"{source.url} could not be downloaded ({error}). Fetch it another way and put it into "
            f"{_places(explicit)}."
        ) from None
    return path
