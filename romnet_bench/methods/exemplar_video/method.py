"""Zhang et al. 2019 behind the Method contract: one photo is the first picture of a film."""

import torch
from torch import Tensor
from torch.nn import functional

from romnet_bench.color import lab_to_rgb, picture_to_tensor, rgb_to_lab
from romnet_bench.errors import UserError
from romnet_bench.images import Picture, resize, to_rgb
from romnet_bench.methods.chroma import paint
from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.methods.exemplar_video.colornet import build_colornet
from romnet_bench.methods.exemplar_video.similarity import SimilarityNet
from romnet_bench.methods.fill import fill, notes_of
from romnet_bench.methods.he.colornet import ColorNet
from romnet_bench.methods.he.vgg import Vgg19

SYSTEM = "exemplar_video"
FEATURES = "vgg19_conv.pth"
SIMILARITY = "nonlocal_net_iter_76000.pth"
COLORNET = "colornet_iter_76000.pth"

AREA = 216 * 384
"""Pixels at which the networks work: those of the authors' 216×384."""
UNIT = 8
"""The networks halve their input three times; the similarity part evens out the fourth."""
LEAST_SIDE = 32
"""Below it nothing is left at the coarsest level to reflect at the edges."""
TEMPERATURE = 1e-10
"""At inference the most similar place gives its colour alone."""
BOOST = 1.25
"""The authors make colours this much stronger than predicted."""

# What VGG-19's weights want taken off blue, green and red in [0, 1] (Caffe's mean).
_BGR_MEAN = (0.40760392, 0.45795686, 0.48501961)


class ExemplarVideo:
    """Colourises with the colours of a reference; its lightness stays the photo's.

    Args:
        options: where the weights of the three networks lie.

    Raises:
        WeightsError: weights are missing or not what they should be.
    """

    name = "exemplar-video"
    label = "Zhang et al. (video)"
    restores = False
    colorizes = True
    needs_reference = True

    def __init__(self, options: MethodOptions) -> None:
        self._device = torch.device(options.device)
        self._vgg, self._similarity, self._colornet = Vgg19(), SimilarityNet(), build_colornet()
        self._origins = {
            "features": fill(self._vgg, SYSTEM, FEATURES, options),
            "similarity": fill(self._similarity, SYSTEM, SIMILARITY, options),
            "weights": fill(self._colornet, SYSTEM, COLORNET, options),
        }
        for network in (self._vgg, self._similarity, self._colornet):
            network.to(self._device).eval()
        self.notes = notes_of(*self._origins.values())

    @torch.inference_mode()
    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos H×W and colour references of any size → colour photos H×W×3."""
        outputs = []
        for photo, reference in zip(photos, references, strict=True):
            if reference is None:
                raise UserError("Zhang et al. needs a colour reference for every photo.")
            mine, theirs = (working_lab(picture).to(self._device) for picture in (photo, reference))
            ab = colorize_first(self._vgg, self._similarity, self._colornet, mine[:, :1], theirs)
            outputs.append(paint(photo, ab * BOOST))
        return outputs

    def fingerprint(self) -> dict[str, str]:
        """The SHA-256 of the three networks' weights."""
        return dict(self._origins)


def colorize_first(
    vgg: Vgg19,
    similarity: SimilarityNet,
    colornet: ColorNet,
    lightness: Tensor,
    reference: Tensor,
) -> Tensor:
    """The colours of a film's first picture: nothing was predicted before it.

    Args:
        vgg: with the authors' weights.
        similarity: likewise.
        colornet: likewise.
        lightness: L − 50 of the photo, 1×1×H×W.
        reference: L − 50, a and b of the reference, 1×3×H'×W'.

    Returns:
        a and b in Lab units, 1×2×H×W.
    """
    grey = ((lightness + 50) / 100).expand(-1, 3, -1, -1)
    colored = lab_to_rgb(torch.cat([reference[:, :1] + 50, reference[:, 1:]], dim=1))
    # The finest level is not compared.
    mine, theirs = (vgg(caffe_pixels(rgb), index=2)[1:] for rgb in (grey, colored))
    warped, sureness = similarity(mine, theirs, reference[:, 1:], TEMPERATURE)
    before = torch.zeros_like(lightness).expand(-1, 3, -1, -1)
    ab: Tensor = colornet(torch.cat([lightness, warped, sureness, before], dim=1))
    return ab


def working_size(height: int, width: int) -> tuple[int, int]:
    """Height and width at which a picture of this size is worked on.

    About `AREA` pixels, multiples of 8 and at least 32, of the picture's aspect ratio as far as
    that allows; a picture of 16:9 gets the authors' 216×384.
    """
    scale = (AREA / (height * width)) ** 0.5
    longest = AREA // LEAST_SIDE
    first, second = (
        min(max(round(side * scale / UNIT) * UNIT, LEAST_SIDE), longest) for side in (height, width)
    )
    return first, second


def working_lab(picture: Picture) -> Tensor:
    """L − 50, a and b of a picture of any size, 1×3×h×w at its working size.

    As the authors do, it is brought to twice that size, and four pixels become one in Lab.
    """
    height, width = working_size(*picture.shape[:2])
    doubled = picture_to_tensor(resize(to_rgb(picture), 2 * height, 2 * width))
    lab = functional.avg_pool2d(rgb_to_lab(doubled), 2)
    return torch.cat([lab[:, :1] - 50, lab[:, 1:]], dim=1)


def caffe_pixels(rgb: Tensor) -> Tensor:
    """SRGB in [0, 1], B×3×H×W → BGR up to 255, less the mean."""
    mean = torch.tensor(_BGR_MEAN, dtype=rgb.dtype, device=rgb.device)[:, None, None]
    return (rgb.flip(1) - mean) * 255


def load(options: MethodOptions) -> Method:
    """Zhang et al. with the published weights."""
    return ExemplarVideo(options)
