"""Errors that a person can act on: one sentence that says what to do."""


class UserError(Exception):
    """A mistake that the person at the keyboard can mend; shown as one sentence."""


class PictureError(UserError):
    """A file that holds no picture we can use; the sentence names the file."""


class WeightsError(UserError):
    """Pretrained weights that are missing or not what they should be."""
