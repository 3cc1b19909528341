"""The paper's Eq. 1, 3 and 4."""

from torch import Tensor
from torch.nn import functional


def discriminator_loss(real: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    """Eq. 1 for the discriminator: −log D(x, y) and −log(1 − D(x, G(x, z))).

    Args:
        real: logits of true pictures, any shape; D is their sigmoid.
        made: logits of made ones.

    Returns:
        Two numbers from 0, each log 2 where it cannot tell them apart; half of their sum is
        lowered, which slows the discriminator down (section 3.3).
    """
    return functional.softplus(-real).mean(), functional.softplus(made).mean()


def adversarial_loss(made: Tensor) -> Tensor:
    """Eq. 1 for the generator: −log D(x, G(x, z)), not log(1 − D(x, G(x, z))) (section 3.3)."""
    return functional.softplus(-made).mean()


def l1_loss(made: Tensor, target: Tensor) -> Tensor:
    """Eq. 3, ‖y − G(x, z)‖₁: the mean absolute difference of two pictures in [−1, 1]."""
    return functional.l1_loss(made, target)
