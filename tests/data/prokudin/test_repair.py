from collections.abc import Callable

import numpy as np
from scipy import ndimage

from romnet_bench.data.prokudin.repair import repair


def test_only_the_place_of_the_damage_changes(channels: Callable) -> None:
    clean = channels("chelsea")
    proven = np.zeros(clean.shape, bool)
    proven[1, 100:104, 120:130] = True
    damaged = clean.copy()
    damaged[1, 100:104, 120:130] = 0
    repaired, changed = repair(damaged, damaged, proven, proven, 1.0)
    np.testing.assert_array_equal(repaired[~changed], damaged[~changed])
    np.testing.assert_array_equal(changed, ndimage.maximum_filter(proven, (1, 5, 5)))
    assert np.abs(repaired - clean)[proven].mean() < 0.04
    assert np.abs(damaged - clean)[proven].mean() > 0.2


def test_nothing_proven_changes_nothing(channels: Callable) -> None:
    clean = channels("coffee")
    none = np.zeros(clean.shape, bool)
    repaired, changed = repair(clean, clean, none, none, 1.0)
    np.testing.assert_array_equal(repaired, clean)
    assert not changed.any()


def test_a_large_plate_is_repaired_from_a_smaller_one(channels: Callable) -> None:
    small = channels("astronaut")
    large = np.stack([ndimage.zoom(each, 2, order=1) for each in small])
    proven = np.zeros(small.shape, bool)
    proven[0, 60:64, 200:206] = True
    damaged = large.copy()
    damaged[0, 120:128, 400:412] = 1
    hurt = small.copy()
    hurt[0, 60:64, 200:206] = 1
    repaired, changed = repair(damaged, hurt, proven, proven, 1.0)
    place = np.s_[0, 120:128, 400:412]
    assert changed[place].all()
    assert np.abs(repaired - large)[place].mean() < 0.3 * np.abs(damaged - large)[place].mean()
    np.testing.assert_array_equal(repaired[1:], large[1:])
