"""Errors that a person can act on: one sentence that says what to do."""


class UserError(Exception):
    """A mistake that the person at the keyboard can mend; shown as one sentence."""


class PictureError(UserError):
    """A file that holds no picture we can use; the sentence names the file."""


class WeightsError(UserError):
    """Pretrained weights that are missing or not what they should be."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out: Python's, the accelerator's or torch's on the CPU.

    Torch's allocator for the CPU raises a plain RuntimeError, so the words must be looked at.
    """
    words = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and ("out of memory" in words or "can't allocate memory" in words)
    )
