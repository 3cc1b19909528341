import os

import pytest

from romnet_bench.data.workers import mapped
from romnet_bench.errors import UserError


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order(workers: int) -> None:
    with mapped(abs, iter(range(-20, 0)), workers, "math") as results:
        assert list(results) == list(range(20, 0, -1))


def test_few_are_asked_for_ahead() -> None:
    asked = []

    def items() -> object:
        for number in range(100):
            asked.append(number)
            yield number

    with mapped(abs, items(), 2, "math") as results:
        next(results)
        assert len(asked) <= 6


def test_a_worker_that_dies_is_a_sentence() -> None:
    with pytest.raises(UserError, match="memory"), mapped(os._exit, [1, 1], 2, "os") as results:
        list(results)
