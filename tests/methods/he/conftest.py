"""Files of correspondences that tests make."""

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def combo_bytes() -> Callable[..., bytes]:
    """Makes a `.combo` file of random smooth pictures, after the authors' format."""

    def make(height: int, width: int, seed: int = 0) -> bytes:
        generator = np.random.default_rng(seed)

        def png(*channels: int) -> bytes:
            levels = generator.integers(0, 256, (4, 5, *channels), np.uint8)
            image = Image.fromarray(levels).resize((width, height), Image.Resampling.BICUBIC)
            buffer = io.BytesIO()
            image.save(buffer, "PNG")
            return struct.pack("<i", len(buffer.getvalue())) + buffer.getvalue()

        pictures = [png(3), png(3), *(png() for _ in range(10))]
        return struct.pack("<ii", height, width) + b"".join(pictures)

    return make
