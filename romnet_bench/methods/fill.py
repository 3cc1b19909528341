"""Published weights into a network, strictly: every tensor finds its place, and none is missing."""

import hashlib
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from romnet_bench import weights
from romnet_bench.errors import WeightsError
from romnet_bench.files import printable
from romnet_bench.methods.contract import UNTRAINED, MethodOptions
from romnet_bench.published.places import record_use, require_file

_NAMED = 3  # as many keys are named in a message
_LONGEST = 100  # letters of each: a file can name its tensors as it likes


def fill(
    network: nn.Module,
    system: str,
    file: str,
    options: MethodOptions,
    *,
    inside: str | None = None,
    adapt: Callable[[dict[str, Tensor]], dict[str, Tensor]] | None = None,
) -> str:
    """Fills `network` with the published weights `file`, or with random ones if so asked.

    Args:
        network: built, on the CPU.
        system: its folder below `baselines/`, whose manifest names `file`.
        file: as the manifest names it.
        options: where weights lie, whether to fetch them, or to go without.
        inside: the key of the container that holds the tensors, taken where it is there.
        adapt: renames or folds tensors before they are loaded.

    Returns:
        The file's SHA-256, for the fingerprint, or `UNTRAINED`.

    Raises:
        WeightsError: the file is missing, damaged, harmful, changed, or of another network.
    """
    if options.untrained:
        randomize(network, file)
        return UNTRAINED
    path, sha256 = require_file(system, file, options.weights, options.download)
    try:
        state = weights.load(path, inside=inside)
        strictly(network, adapt(state) if adapt else state, str(path))
    except WeightsError as error:
        raise WeightsError(
            f"{error} Remove it and fetch the right one: `romnet-bench weights fetch {system}`."
        ) from None
    # Only now: a file that is no use must not become the one that is meant.
    record_use(system, file, path, sha256)
    return sha256


def strictly(network: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Loads `state`; `name` is what a refusal calls it.

    Raises:
        WeightsError: keys are missing, left over or of another shape, or hold what is no number;
            the sentence names some.
    """
    wanted = network.state_dict()
    # What a checkpoint need not have: a counter that inference never reads.
    counters = {key for key in wanted if key.endswith("num_batches_tracked")}
    problems = [
        ("lacks", sorted(set(wanted) - set(state) - counters)),
        ("has besides", sorted(set(state) - set(wanted) - _counters(state))),
        (
            "has in another shape",
            sorted(
                key
                for key in set(wanted) & set(state)
                if key not in counters and wanted[key].shape != state[key].shape
            ),
        ),
        (
            "has as another kind of numbers",
            sorted(
                key
                for key in set(wanted) & set(state)
                if wanted[key].is_floating_point() != state[key].is_floating_point()
            ),
        ),
    ]
    said = [f"{verb} {_some(keys)}" for verb, keys in problems if keys]
    if said:
        raise WeightsError(f"{name} is of another network: it {', '.join(said)}.")
    # In the network's own precision, in which more may be infinite than in the file.
    spoilt = [key for key in wanted if key in state and not _are_finite(state[key], wanted[key])]
    if spoilt:
        raise WeightsError(
            f"{name} is damaged, not all numbers in {_some(spoilt)} are finite: fetch it again."
        )
    kept = {key: state[key] for key in wanted if key in state and key not in counters}
    network.load_state_dict({**{key: wanted[key] for key in counters}, **kept})


def randomize(network: nn.Module, name: str, seed: int = 0) -> None:
    """Random weights that depend on (seed, name) alone, of the size that keeps signals' size.

    Matrices and kernels are normal with variance 2 / fan-in (He et al. 2015), biases are 0, and
    what normalises stays as it was built.
    """
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    with torch.no_grad():
        for key, values in network.named_parameters():
            if values.ndim >= 2:
                fan_in = values[0].numel()
                values.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
            elif key.rpartition(".")[2] == "bias":
                values.zero_()


def notes_of(*origins: str) -> list[str]:
    """What readers must know of where weights came from: nothing, or that they are random."""
    return [UNTRAINED] if UNTRAINED in origins else []


def _counters(state: Mapping[str, Tensor]) -> set[str]:
    return {key for key in state if key.endswith("num_batches_tracked")}


def _are_finite(values: Tensor, like: Tensor) -> bool:
    return bool(values.to(like.dtype).isfinite().all())


def _some(keys: list[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(printable(key)[:_LONGEST] for key in keys[:_NAMED]) + more
