"""The degraded photo itself, grey as RGB: the floor that every method must beat."""

from romnet_bench.images import Picture, to_rgb
from romnet_bench.methods.contract import Method, MethodOptions


class Input:
    """Gives back what it gets."""

    name = "input"
    label = "Input"
    restores = False
    colorizes = False
    needs_reference = False

    def __init__(self) -> None:
        self.notes: list[str] = []

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos, H×W → the same as RGB, H×W×3."""
        del references
        return [to_rgb(photo) for photo in photos]

    def fingerprint(self) -> dict[str, str]:
        """Nothing to choose."""
        return {}


def load(options: MethodOptions) -> Method:
    """The degraded photo; no option concerns it."""
    del options
    return Input()
