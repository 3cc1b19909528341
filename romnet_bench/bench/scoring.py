"""One output scored against its target; a metric that cannot be had is empty, with its reason."""

import dataclasses
from pathlib import Path

from torch import nn

from romnet_bench import metrics, weights
from romnet_bench.errors import UserError, WeightsError, is_out_of_memory
from romnet_bench.images import Picture


@dataclasses.dataclass(frozen=True)
class Scorer:
    """The metrics of the protocol, their models loaded.

    Args:
        lpips: the LPIPS model, None where its weights are missing.
        weights_sha256: of its weights, empty where they are missing.
        missing: why there is no LPIPS and how to get it, empty where there is one.
    """

    lpips: nn.Module | None
    weights_sha256: str
    missing: str


@dataclasses.dataclass(frozen=True)
class Scores:
    """The metrics of one photo.

    Args:
        psnr: see `metrics.psnr`.
        ssim: None for a picture that is too small.
        lpips: None likewise, or where there was no model or no memory for it.
        lpips_weights: SHA-256 of the weights that LPIPS was, or would have been, measured with;
            empty where it is worth another try.
        note: why SSIM or LPIPS is None on this picture.
    """

    psnr: float
    ssim: float | None
    lpips: float | None
    lpips_weights: str
    note: str


def load_scorer(device: str, explicit: Path | None = None, download: bool = False) -> Scorer:
    """Finds LPIPS's weights and loads them.

    Where they cannot be had (none found, no network, a damaged file in a folder), the scorer goes
    without LPIPS and says why.

    Args:
        device: where LPIPS is measured.
        explicit: a file with AlexNet's weights, or a folder that may hold them.
        download: fetch them where they are missing.

    Raises:
        WeightsError: `explicit` names a file that is missing, damaged or of another network.
    """
    try:
        path = weights.require("alexnet", explicit, download)
        return Scorer(metrics.lpips_model(path, device), weights.fingerprint(path), "")
    except WeightsError as error:
        if explicit is not None and not explicit.is_dir():
            raise
        return Scorer(None, "", str(error))


def score(scorer: Scorer, output: Picture, target: Picture) -> Scores:
    """Scores `output` against `target`, both H×W×3 uint8.

    PSNR and SSIM are computed on the CPU, where every machine has float64; LPIPS where its model
    is.

    Raises:
        UserError: the two differ in size.
    """
    if output.shape != target.shape:
        raise UserError(
            f"The output is {output.shape[0]}×{output.shape[1]}, the target "
            f"{target.shape[0]}×{target.shape[1]} (height×width): the dataset must give both in "
            "one size."
        )
    batches = metrics.picture_batch(output), metrics.picture_batch(target)
    notes = []
    ssim = lpips = None
    weights_sha256 = scorer.weights_sha256
    try:
        ssim = metrics.ssim(*batches).item()
    except metrics.MetricError as error:
        notes.append(str(error))
    if scorer.lpips is not None:
        try:
            lpips = metrics.lpips(scorer.lpips, *batches).item()
        except metrics.MetricError as error:
            notes.append(str(error))
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            notes.append("LPIPS needs more memory than the device has: run with --device cpu.")
            weights_sha256 = ""
    psnr = metrics.psnr(*batches).item()
    return Scores(psnr, ssim, lpips, weights_sha256, " ".join(notes))
