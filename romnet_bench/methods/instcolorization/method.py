"""InstColorization behind the Method contract."""

from collections.abc import Callable, Sequence
from pathlib import Path

from romnet_bench.errors import UserError
from romnet_bench.files import human_path, sha256_files, slug
from romnet_bench.images import Picture
from romnet_bench.methods import chroma
from romnet_bench.methods.contract import UNTRAINED, Method, MethodOptions
from romnet_bench.methods.fill import fill, notes_of
from romnet_bench.methods.instcolorization.box_files import list_box_files, read_boxes
from romnet_bench.methods.instcolorization.boxes import Box
from romnet_bench.methods.instcolorization.colors import Networks, predict_ab
from romnet_bench.methods.instcolorization.detector import build_detector, detect
from romnet_bench.methods.instcolorization.fusion import (
    FusionNetwork,
    name_as_here,
    without_wrapper,
)
from romnet_bench.methods.instcolorization.network import ColorNetwork

SYSTEM = "instcolorization"
FULL, INSTANCE, FUSION = (f"latest_net_{letters}.pth" for letters in ("GComp", "G", "GF"))
DETECTOR = "maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth"
RANDOM_BOXES = "boxes of a detector with random weights"

Finder = Callable[[str | None, Picture], list[Box]]
"""Gives the boxes in a photo, whose id may be unknown."""


class InstColorization:
    """Colours each object by itself and blends it into the photo; mends nothing.

    Args:
        networks: on `device`, for inference.
        find_boxes: where a photo's boxes come from.
        device: where the networks are.
        origins: what `fingerprint` gives.
    """

    name = "instcolorization"
    label = "InstColorization"
    restores = False
    colorizes = True
    needs_reference = False

    def __init__(
        self, networks: Networks, find_boxes: Finder, device: str, origins: dict[str, str]
    ) -> None:
        self._networks = networks
        self._find_boxes = find_boxes
        self._device = device
        self._origins = origins
        self.notes = notes_of(*origins.values())
        if origins["boxes"] == UNTRAINED:
            self.notes.append(RANDOM_BOXES)

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos H×W → colour photos H×W×3, with boxes from the detector.

        Raises:
            UserError: boxes come from files, which only `restore_named` can find.
        """
        del references
        return self._colorize([None] * len(photos), photos)

    def restore_named(
        self, ids: list[str], photos: list[Picture], references: list[Picture | None]
    ) -> list[Picture]:
        """As `restore`; boxes may come from files.

        Raises:
            UserError: a photo's file of boxes is not what it must be.
        """
        del references
        return self._colorize(ids, photos)

    def fingerprint(self) -> dict[str, str]:
        """The weights' SHA-256, and the detector's or what all files of boxes hash to."""
        return self._origins

    def _colorize(self, ids: Sequence[str | None], photos: list[Picture]) -> list[Picture]:
        outputs = []
        for identity, photo in zip(ids, photos, strict=True):
            boxes = self._find_boxes(identity, photo)
            ab = predict_ab(self._networks, photo, boxes, self._device)
            outputs.append(chroma.paint(photo, ab))
        return outputs


def load(options: MethodOptions) -> Method:
    """InstColorization with its published weights, or random ones if so asked.

    Boxes come from the folder `options.boxes`, or else from a detector.

    Raises:
        WeightsError: weights are missing or not what they should be.
        UserError: the folder of boxes is none.
    """
    networks = Networks(ColorNetwork(), ColorNetwork(), FusionNetwork())
    origins = {
        "weights_full": fill(networks.full, SYSTEM, FULL, options, adapt=without_wrapper),
        "weights_instance": fill(
            networks.instance, SYSTEM, INSTANCE, options, adapt=without_wrapper
        ),
        "weights_fusion": fill(networks.fusion, SYSTEM, FUSION, options, adapt=name_as_here),
    }
    for network in (networks.full, networks.instance, networks.fusion):
        network.eval().to(options.device)
    if options.boxes is None:
        find_boxes, origins["boxes"] = _detector(options)
    else:
        find_boxes, origins["boxes"] = _files(options.boxes)
    return InstColorization(networks, find_boxes, options.device, origins)


def _detector(options: MethodOptions) -> tuple[Finder, str]:
    network = build_detector()
    origin = fill(network, SYSTEM, DETECTOR, options)
    network.eval().to(options.device)

    def find(identity: str | None, photo: Picture) -> list[Box]:
        del identity
        return detect(network, photo, options.device)

    return find, origin


def _files(folder: Path) -> tuple[Finder, str]:
    files = list_box_files(folder)

    def find(identity: str | None, photo: Picture) -> list[Box]:
        if identity is None:
            raise UserError(
                "A photo's file of boxes is found by the photo's id: call restore_named, or go "
                "without --boxes."
            )
        # An id that cannot be a file name is looked for as `slug` writes it.
        path = files.get(identity) or files.get(slug(identity))
        if path is None:
            raise UserError(
                f"{human_path(folder)} holds no boxes for {identity}: put them there as "
                f"{slug(identity)}.json, an empty list [] where there are none."
            )
        return read_boxes(path, photo.shape[1], photo.shape[0])

    return find, f"files {sha256_files(files)}"
