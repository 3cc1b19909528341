"""Where pretrained weights come from; never silently random.

In this order: an explicit path, the folder `$ROMNET_BENCH_WEIGHTS`, the torch hub cache, and,
only when asked for, a download with a progress bar and a checked SHA-256. A file that was already
there is not hashed again (torchvision does not either): results record its `fingerprint` instead.
"""

import dataclasses
import http.client
import os
import pickle
import re
import struct
import typing
import warnings
import zipfile
from pathlib import Path
from typing import Literal, TypeGuard

import torch
from torch import Tensor

from romnet_bench.errors import WeightsError
from romnet_bench.files import human_path, sha256_file

Name = Literal["alexnet", "squeezenet1_1", "resnet34", "vgg19"]

NAMES: tuple[Name, ...] = typing.get_args(Name)

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
    folders = [hub_cache()]
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
    found = (find_below(name, folder) for folder in folders)
    return next((path for path in found if path is not None), None)


def find_below(name: Name, folder: Path) -> Path | None:
    """The file with the weights `name` in one folder, or None where there is none."""
    paths = (folder / file_name for file_name in SOURCES[name].file_names)
    return next((path for path in paths if path.is_file()), None)


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


def load(path: Path, inside: str | None = None) -> dict[str, Tensor]:
    """The tensors in a `.safetensors` file, or in a `.pth` or `.pt` that holds nothing else.

    A pickle is read with `weights_only=True`: it can hold tensors, never code that runs.

    Args:
        path: the file.
        inside: the key of a container that holds the tensors beside other things, such as "model"
            beside an optimiser's state; taken where it is there.

    Raises:
        WeightsError: the file is missing, cut short, or holds something else.
    """
    content = _read(path)
    if inside is not None and isinstance(content, dict) and isinstance(content.get(inside), dict):
        content = content[inside]
    if not _are_tensors(content):
        raise WeightsError(f"{path} holds something other than named tensors; it is not used.")
    return dict(content)


def require_readable(path: Path) -> None:
    """Makes sure that a file holds named tensors, be it in a container.

    Raises:
        WeightsError: as `load`.
    """
    content = _read(path)
    parts = [content, *content.values()] if isinstance(content, dict) else []
    if not any(_are_tensors(part) and part for part in parts):
        raise WeightsError(f"{path} holds something other than named tensors; it is not used.")


def fingerprint(path: Path) -> str:
    """The SHA-256 of a weights file, in hex, as results record it."""
    return sha256_file(path)


def hub_cache() -> Path:
    """The folder in which torchvision keeps the weights that it fetches."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def _read(path: Path) -> object:
    try:
        if path.suffix == ".safetensors":
            return _read_safetensors(path)
        if path.suffix not in (".pth", ".pt"):
            raise ValueError("its name must end in .safetensors, .pth or .pt")
        with warnings.catch_warnings():
            # It wonders about odd pickles; they are read whole or refused all the same.
            warnings.simplefilter("ignore")
            # fastai 1 keeps learning rates as slices beside the tensors; they run nothing.
            with torch.serialization.safe_globals([slice]):
                return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"{path} does not exist: give a file with weights.") from None
    except _READ_ERRORS as error:
        raise WeightsError(
            f"{path} holds no weights that can be read ({_reason(error)})."
        ) from None


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Tensor] = load_file(path)
    except SafetensorError as error:
        raise ValueError(error) from None
    return tensors


def _are_tensors(content: object) -> TypeGuard[dict[str, Tensor]]:
    return isinstance(content, dict) and all(
        isinstance(key, str) and isinstance(value, Tensor) and _is_plain(value)
        for key, value in content.items()
    )


def _is_plain(tensor: Tensor) -> bool:
    """Whether a tensor's numbers are all there: a few bytes can claim to be terabytes."""
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
        return False
    return tensor.nbytes <= tensor.untyped_storage().nbytes()


def _reason(error: Exception) -> str:
    """Why a file cannot be read, in one line: torch explains at length how to be less careful."""
    said = str(error)
    if isinstance(error, pickle.UnpicklingError):
        if runs := re.search(r"GLOBAL ([\w.]+)", said):
            return f"it is a pickle that would run {runs[1]}, which is never done"
        return "it is a pickle of something other than tensors, or a damaged one"
    return (said.strip() or type(error).__name__).splitlines()[0].rstrip(".:")


def _places(explicit: Path | None) -> str:
    """Where weights are looked for, in words."""
    if explicit is not None:
        return human_path(explicit)
    return f"the folder that ${VARIABLE} names, or into {human_path(hub_cache())}"


def _download(name: Name, explicit: Path | None) -> Path:
    source = SOURCES[name]
    path = hub_cache() / source.file_names[-1]
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
