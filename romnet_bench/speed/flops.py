"""Floating-point operations, counted by torch itself: two for each multiplication with addition.

Matrix products, convolutions and attention count, forward and backward; what is done pixel by
pixel (activations, sums, resizing) does not. Counting runs on the device "meta", where tensors
have shapes and no numbers: it takes no memory, and a second for the largest network. There,
attention counts as its two products, whatever a fused kernel computes a second time.
"""

from collections.abc import Callable

from torch.utils.flop_counter import FlopCounterMode


def count_flops(work: Callable[[], object]) -> int:
    """The floating-point operations of one call of `work`.

    Example:
        >>> import torch
        >>> x = torch.empty(2, 3, device="meta")
        >>> count_flops(lambda: x @ x.T)
        24
    """
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())
