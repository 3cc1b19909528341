"""An exponential moving average of a network's weights: steadier than the last step's."""

import copy
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

Net = TypeVar("Net", bound=nn.Module)


class AveragedWeights(Generic[Net]):
    """A copy of a network whose weights trail the network's own.

    Args:
        net: the network, at the start of its training.
        decay: the share of the old average at every step, in [0, 1); less in the first steps,
            min(decay, (1 + n) / (10 + n)) after n of them, so that the random start is soon gone.
    """

    def __init__(self, net: Net, decay: float) -> None:
        self.net = copy.deepcopy(net).requires_grad_(False).eval()
        self.decay = decay
        self.steps = 0

    @torch.no_grad()
    def update(self, net: Net) -> None:
        """Moves the average towards `net`'s weights of now."""
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for mine, theirs in zip(self.net.parameters(), net.parameters(), strict=True):
            if theirs.requires_grad:
                mine.lerp_(theirs, share)
        self.steps += 1

    def tensors(self) -> dict[str, Tensor]:
        """Everything a checkpoint must hold to go on; frozen weights are the network's own."""
        learnt = {f"net.{name}": weight for name, weight in self.net.state_dict().items()}
        return learnt | {"steps": torch.tensor(self.steps)}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Puts back what `tensors` gave."""
        self.steps = int(tensors["steps"])
        prefix = "net."
        state = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
        self.net.load_state_dict(state)
