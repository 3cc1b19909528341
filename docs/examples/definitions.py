"""One pair of pictures, measured as different papers and libraries define the same words.

    python docs/examples/definitions.py

Everything is measured on scikit-image's astronaut, 512×512, blurred with σ 1.5 and with noise of
σ 12 added (seed 0). LPIPS is left out where AlexNet's weights are not on the machine.
"""

import numpy as np
from skimage.data import astronaut
from skimage.filters import gaussian
from skimage.metrics import peak_signal_noise_ratio as psnr
from skimage.metrics import structural_similarity as ssim

from romnet_bench import metrics, weights
from romnet_bench.images import Picture

WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}


def luma(picture: Picture) -> Picture:
    """BT.601's weighted mean of R, G and B, full range."""
    grey: Picture = np.rint(picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    return grey


def halved(picture: Picture) -> Picture:
    """Means of 2×2 pixels, rounded."""
    height, width = (side // 2 for side in picture.shape[:2])
    means = picture.reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
    small: Picture = np.rint(means).astype(np.uint8)
    return small


target = astronaut()
noise = np.random.default_rng(0).normal(0, 12, target.shape)
blurred = gaussian(target.astype(float), 1.5, channel_axis=2)
output = np.rint(np.clip(blurred + noise, 0, 255)).astype(np.uint8)
pair = metrics.picture_batch(output), metrics.picture_batch(target)
half = halved(target), halved(output)
floats = target / 255, output / 255
lumas = luma(target), luma(output)

rows = [
    ("PSNR, RGB: the protocol", float(metrics.psnr(*pair))),
    ("PSNR, luma alone", psnr(*lumas)),
    ("SSIM, Wang et al. 2004, mean of RGB: the protocol", float(metrics.ssim(*pair))),
    ("SSIM, scikit-image's defaults", ssim(target, output, channel_axis=2)),
    ("SSIM, luma alone", ssim(*lumas, data_range=255, **WANG)),
    ("SSIM, after 2×2 means", ssim(*half, channel_axis=2, data_range=255, **WANG)),
    ("SSIM, floats taken for 0 to 255", ssim(*floats, channel_axis=2, data_range=255, **WANG)),
]
features = weights.find("alexnet")
if features is not None:
    model = metrics.lpips_model(features, "cpu")
    small = [metrics.picture_batch(picture) for picture in half]
    dark = [batch // 2 + 128 for batch in pair]  # 0 to 1 in the place of −1 to 1
    rows += [
        ("LPIPS-Alex v0.1: the protocol", float(metrics.lpips(model, *pair))),
        ("LPIPS-Alex, after 2×2 means", float(metrics.lpips(model, *small))),
        ("LPIPS-Alex, fed 0 to 1 for −1 to 1", float(metrics.lpips(model, *dark))),
    ]
for name, value in rows:
    print(f"{value:7.4f}  {name}")
