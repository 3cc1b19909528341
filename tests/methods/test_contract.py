import numpy as np
import pytest

from romnet_bench.methods.contract import ContractError, Method, MethodOptions, check_outputs
from romnet_bench.methods.input import load

PHOTO = np.arange(30, dtype=np.uint8).reshape(5, 6)
GOOD = np.zeros((5, 6, 3), np.uint8)


def test_what_keeps_the_contract_passes():
    check_outputs([PHOTO, PHOTO], [GOOD, GOOD])


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([GOOD, GOOD], "a list of 1 photos, not 2"),
        ([], "a list of 1 photos, not 0"),
        (GOOD[None], "a list of 1 photos, not ndarray"),
        (None, "not NoneType"),
        ([GOOD.astype(np.float32)], "uint8 numpy arrays, not float32"),
        ([[1, 2]], "uint8 numpy arrays, not list"),
        ([GOOD[..., 0]], "must return 5×6×3 for this photo, not 5×6"),
        ([GOOD[:4]], "must return 5×6×3 for this photo, not 4×6×3"),
        ([GOOD.transpose(2, 0, 1)], "not 3×5×6"),
    ],
)
def test_what_breaks_the_contract_is_named(outputs, message):
    with pytest.raises(ContractError, match=message):
        check_outputs([PHOTO], outputs)


def test_input_is_the_photo_itself():
    method = load(MethodOptions())
    assert isinstance(method, Method)
    outputs = method.restore([PHOTO], [None])
    check_outputs([PHOTO], outputs)
    assert all(np.array_equal(outputs[0][..., channel], PHOTO) for channel in range(3))
    assert method.fingerprint() == {}
    assert [method.restores, method.colorizes, method.needs_reference] == [False] * 3
