"""Objects' boxes from torchvision's Mask R-CNN (He et al. 2017, arXiv 1703.06870), v2.

Upstream takes Detectron2's with a ResNeXt-101 (box AP 44.3 on COCO), in a version for torch 1.5;
this one (ResNet-50, arXiv 2111.11429, box AP 47.4) comes with torchvision.
"""

import numpy as np
import torch
from PIL import Image
from torch import nn
from torchvision.models.detection import maskrcnn_resnet50_fpn_v2

from romnet_bench.images import Picture
from romnet_bench.methods import chroma
from romnet_bench.methods.instcolorization.boxes import MOST, Box

CONFIDENT = 0.7
"""The lowest score of a box that is used."""

# The sides that a photo is brought to, as Detectron2 and torchvision do.
_SHORT, _LONG = 800, 1333


def build_detector() -> nn.Module:
    """Mask R-CNN for the 91 labels of COCO, not filled; it gives the best boxes, best first."""
    network: nn.Module = maskrcnn_resnet50_fpn_v2(
        weights=None,
        weights_backbone=None,
        min_size=_SHORT,
        max_size=_LONG,
        box_score_thresh=CONFIDENT,
        box_detections_per_img=MOST,
    )
    return network


@torch.inference_mode()
def detect(detector: nn.Module, photo: Picture, device: str) -> list[Box]:
    """At most eight boxes in a grey photo, H×W of any size, best first.

    The detector is shown the photo's lightness L / 100 in all three channels, as upstream does.
    Boxes are cut to whole pixels; one that has none is left out.
    """
    height, width = photo.shape[:2]
    shrunk = _shrink(photo)
    seen = (chroma.lightness(shrunk)[0] / 100).expand(3, -1, -1).to(device)
    corners = detector([seen])[0]["boxes"].double().cpu()
    # Back to pixels of the photo.
    corners *= torch.tensor([width / shrunk.shape[1], height / shrunk.shape[0]] * 2)
    boxes = [Box(*map(int, box)) for box in corners.tolist()]
    return [box for box in boxes if box.width > 0 and box.height > 0]


def _shrink(photo: Picture) -> Picture:
    """A photo larger than the detector looks at, made smaller; torchvision would skip pixels."""
    height, width = photo.shape[:2]
    scale = min(_SHORT / min(height, width), _LONG / max(height, width))
    if scale >= 1:
        return photo
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.array(Image.fromarray(photo).resize(size, Image.Resampling.BILINEAR))
