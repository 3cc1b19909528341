"""He et al. 2018 behind the Method contract."""

from pathlib import Path

import torch

from romnet_bench.color import lightness_grey
from romnet_bench.errors import UserError
from romnet_bench.files import sha256_files, slug
from romnet_bench.images import Picture, to_rgb
from romnet_bench.methods.chroma import paint
from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.methods.fill import fill, notes_of
from romnet_bench.methods.he.colornet import build_colornet
from romnet_bench.methods.he.combo import Correspondence, read_combo, require_fit
from romnet_bench.methods.he.correspondences import match
from romnet_bench.methods.he.features import five_maps, from_torchvision
from romnet_bench.methods.he.inputs import network_input, resize_bilinear, working_size
from romnet_bench.methods.he.similarity import compare
from romnet_bench.methods.he.vgg import Vgg19

SYSTEM = "he"
COLORNET = "example_net.pth"
FEATURES = "vgg19-dcbb9e9d.pth"
COMPUTED = "correspondences computed here"


class He:
    """Colourises with the colours of a reference; its lightness stays the photo's.

    Args:
        options: where weights lie; a folder of `.combo` files, without which correspondences are
            computed here from VGG-19.

    Raises:
        WeightsError: weights are missing or not what they should be.
        UserError: the folder of correspondences is none.
    """

    name = "he"
    label = "He et al."
    restores = False
    colorizes = True

    def __init__(self, options: MethodOptions) -> None:
        self._device = torch.device(options.device)
        self._folder = options.correspondences
        self.needs_reference = self._folder is None  # files hold its colours already
        if self._folder is not None and not self._folder.is_dir():
            raise UserError(f"{self._folder} is no folder: give the folder of .combo files.")
        self._colornet = build_colornet()
        self._origins = {"weights": fill(self._colornet, SYSTEM, COLORNET, options)}
        self._colornet.to(self._device).eval()
        self._vgg: Vgg19 | None = None
        if self._folder is None:
            self._vgg = Vgg19()
            self._origins["features"] = fill(
                self._vgg, SYSTEM, FEATURES, options, adapt=from_torchvision
            )
            self._vgg.to(self._device).eval()
        self.notes = notes_of(*self._origins.values())
        if self._folder is None:
            self.notes.append(COMPUTED)

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos H×W and colour references of any size → colour photos H×W×3.

        Raises:
            UserError: a reference is missing, or correspondences were to come from files.
        """
        if self._vgg is None:
            raise UserError("Files of correspondences go by ids: call restore_named.")
        return [
            self._color(photo, correspond(self._vgg, photo, _require(reference)))
            for photo, reference in zip(photos, references, strict=True)
        ]

    def restore_named(
        self, ids: list[str], photos: list[Picture], references: list[Picture | None]
    ) -> list[Picture]:
        """As `restore`; with a folder of correspondences, each photo's comes from `<id>.combo`.

        Raises:
            UserError: a `.combo` file is missing, damaged, or of another photo.
        """
        if self._folder is None:
            return self.restore(photos, references)
        outputs = []
        for identity, photo in zip(ids, photos, strict=True):
            path = self._folder / f"{slug(identity)}.combo"
            correspondence = read_combo(path)
            require_fit(correspondence, photo, path)
            outputs.append(self._color(photo, correspondence))
        return outputs

    def fingerprint(self) -> dict[str, str]:
        """The weights' SHA-256, and that of all correspondences that were given."""
        if self._folder is None:
            return {**self._origins, "correspondences": COMPUTED}
        return {**self._origins, "correspondences": _digest(self._folder)}

    @torch.inference_mode()
    def _color(self, photo: Picture, correspondence: Correspondence) -> Picture:
        channels = network_input(photo, correspondence).to(self._device)
        return paint(photo, self._colornet(channels))


@torch.inference_mode()
def correspond(network: Vgg19, photo: Picture, reference: Picture) -> Correspondence:
    """What a photo H×W has in common with a reference H'×W'×3, at the photo's working size."""
    small = resize_bilinear(photo, working_size(*photo.shape[:2]))
    colors = resize_bilinear(to_rgb(reference), working_size(*reference.shape[:2]))
    mine, theirs = five_maps(network, small), five_maps(network, lightness_grey(colors))
    return compare(match(mine, theirs), match(theirs, mine), mine, theirs, colors)


def load(options: MethodOptions) -> Method:
    """He et al. with the published weights, and VGG-19 where correspondences are computed."""
    return He(options)


def _require(reference: Picture | None) -> Picture:
    if reference is None:
        raise UserError("He et al. needs a colour reference for every photo.")
    return reference


def _digest(folder: Path) -> str:
    return sha256_files({path.name: path for path in folder.glob("*.combo") if path.is_file()})
