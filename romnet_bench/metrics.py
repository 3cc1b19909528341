"""PSNR, SSIM and LPIPS as the protocol defines them: pure functions on batches of uint8 pictures.

PSNR and SSIM are computed in float64. Everything takes uint8, so that what is measured is what
can be saved and shown, and no range has to be guessed.
"""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from romnet_bench import protocol, weights
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.images import Picture, to_rgb

_STRIP = 64  # rows of SSIM's map at once: bounds the memory, and fits the processor's cache

LPIPS_SIDE = 31
"""The least height and width that reach AlexNet's third block through two poolings."""


class MetricError(UserError):
    """A pair of pictures on which a metric is not defined."""


def picture_batch(picture: Picture) -> Tensor:
    """A picture, H×W or H×W×3 → what the metrics take, 1×3×H×W uint8."""
    return torch.from_numpy(to_rgb(picture).transpose(2, 0, 1).copy())[None]


def psnr(output: Tensor, target: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each picture, in dB; higher is better.

    10 log₁₀(255² / MSE) over all pixels and channels, capped at 100 dB: identical pictures would
    give infinity, which poisons a mean.

    Args:
        output: B×3×H×W, uint8.
        target: the same shape, uint8.

    Returns:
        B, float64, in [0, 100].

    Example:
        >>> grey = torch.full((1, 3, 4, 4), 100, dtype=torch.uint8)
        >>> round(float(psnr(grey, grey + 10)), 2)
        28.13

    Raises:
        ValueError: wrong dtype or shape.
    """
    _check(output, target)
    # Subtracting uint8 would wrap around: 0 − 1 is 255.
    error = (output.double() - target.double()).square().mean(dim=(1, 2, 3))
    cap = protocol.DEFAULT.psnr_cap
    return (10 * torch.log10(protocol.DEFAULT.psnr_range**2 / error)).clamp_max(cap)


def ssim(output: Tensor, target: Tensor) -> Tensor:
    """Structural similarity of each picture; higher is better.

    Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004,
    DOI 10.1109/TIP.2003.819861, Eq. 13 with K₁ = 0.01, K₂ = 0.03: Gaussian window 11×11 with
    σ 1.5, population covariance, mean over all full windows and over R, G and B, no downsampling.

    Args:
        output: B×3×H×W, uint8.
        target: the same shape, uint8.

    Returns:
        B, float64, in [−1, 1].

    Raises:
        MetricError: a side is shorter than the window.
        ValueError: wrong dtype or shape.
    """
    _check(output, target)
    _require_side(output, protocol.DEFAULT.ssim_window, "SSIM")
    overlap = protocol.DEFAULT.ssim_window - 1
    height, width = (side - overlap for side in output.shape[2:])
    total = torch.zeros(len(output), dtype=torch.float64, device=output.device)
    for channel in range(3):
        for top in range(0, height, _STRIP):
            rows = slice(top, min(top + _STRIP, height) + overlap)
            strips = (batch[:, channel : channel + 1, rows].double() for batch in (output, target))
            total += _similarity(*strips).sum(dim=(1, 2, 3))
    return total / (3 * height * width)


def lpips_model(features: Path, device: torch.device | str) -> nn.Module:
    """LPIPS-Alex v0.1 (Zhang et al., 2018, DOI 10.1109/CVPR.2018.00068), ready to measure with.

    The linear layers come with the `lpips` package, AlexNet's features from a file that `weights`
    found. Nothing is downloaded, printed or drawn from the caller's random stream.

    Args:
        features: AlexNet weights as torchvision names them, `features.0.weight` and so on.
        device: where to measure.

    Raises:
        WeightsError: the file cannot be read or holds other weights.
    """
    import lpips as lpips_package

    stored = weights.load(features)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        # The package still calls torchvision in the way of 2021.
        warnings.filterwarnings("ignore", category=UserWarning, module="torchvision")
        model = lpips_package.LPIPS(
            net=protocol.DEFAULT.lpips_backbone,
            version=protocol.DEFAULT.lpips_version,
            pnet_rand=True,
            verbose=False,
        )
    for name, parameter in model.net.named_parameters():
        _, layer, kind = name.split(".")  # slice2.3.weight is features.3.weight
        found = stored.get(f"features.{layer}.{kind}")
        if found is None or found.shape != parameter.shape:
            raise WeightsError(
                f"{features} does not hold AlexNet's features.{layer}.{kind}: give torchvision's "
                "alexnet weights."
            )
        parameter.data.copy_(found)
    frozen: nn.Module = model.eval().requires_grad_(False).to(device)
    return frozen


@torch.no_grad()
def lpips(model: nn.Module, output: Tensor, target: Tensor) -> Tensor:
    """Learned perceptual distance of each picture; lower is better, 0 for identical pictures.

    Args:
        model: from `lpips_model`.
        output: B×3×H×W, uint8; scaled to [−1, 1] here, never resized.
        target: the same shape, uint8.

    Returns:
        B, float64, on the CPU.

    Raises:
        MetricError: a side is shorter than AlexNet can see.
        ValueError: wrong dtype or shape.
    """
    _check(output, target)
    _require_side(output, LPIPS_SIDE, "LPIPS")
    device = next(model.parameters()).device
    x, y = (batch.to(device).float() / 127.5 - 1 for batch in (output, target))
    # TF32 would round to ten bits on recent GPUs, and the numbers would depend on the machine.
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        distance: Tensor = model(x, y)
    return distance.flatten().double().cpu()


def _similarity(x: Tensor, y: Tensor) -> Tensor:
    """SSIM at every full window, B×C×H×W → B×C×(H−10)×(W−10)."""
    mean_x, mean_y = _blur(x), _blur(y)
    var_x = _blur(x * x) - mean_x**2
    var_y = _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    structure = (2 * covariance + c2) / (var_x + var_y + c2)
    return luminance * structure


def _blur(x: Tensor) -> Tensor:
    """B×C×H×W under the window, where it lies fully inside: B×C×(H−10)×(W−10)."""
    size = protocol.DEFAULT.ssim_window
    offset = torch.arange(size, dtype=torch.float64) - size // 2
    window = torch.exp(-(offset**2) / (2 * protocol.DEFAULT.ssim_sigma**2))
    window /= window.sum()
    # The Gaussian is separable; sums of shifted planes are faster than conv2d in float64.
    for dim in (2, 3):
        length = x.shape[dim] - size + 1
        blurred = x.narrow(dim, 0, length) * window[0]
        for i in range(1, size):
            blurred.add_(x.narrow(dim, i, length), alpha=float(window[i]))
        x = blurred
    return x


def _check(output: Tensor, target: Tensor) -> None:
    for name, batch in (("output", output), ("target", target)):
        if batch.dtype != torch.uint8:
            raise ValueError(f"{name} is {batch.dtype}: clamp to [0, 255], round, turn to uint8")
        if batch.ndim != 4 or batch.shape[1] != 3 or not batch.numel():
            raise ValueError(f"{name} has shape {tuple(batch.shape)}: expected B×3×H×W")
    if output.shape != target.shape:
        raise ValueError(
            f"output {tuple(output.shape)} and target {tuple(target.shape)} differ in shape"
        )


def _require_side(batch: Tensor, side: int, metric: str) -> None:
    height, width = batch.shape[2:]
    if min(height, width) < side:
        raise MetricError(f"{metric} needs {side} pixels a side, the picture has {height}×{width}.")
