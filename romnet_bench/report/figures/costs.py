"""What methods cost: quality and seconds per photo, and what nothing else beats in both."""

import dataclasses

import numpy as np

from romnet_bench.bench.statistics import Interval, mean_interval
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.runs import Comparison
from romnet_bench.report.tables import SEED, find_incomparable


@dataclasses.dataclass(frozen=True)
class Cost:
    """One method: seconds per photo, and its metrics; NaN where unknown.

    Attributes:
        label: the method.
        device: where its seconds were measured.
        is_floor: whether it gives back its input, which costs nothing.
        seconds: the mean with its interval.
        metrics: metric → mean with its interval.
        incomparable: metrics in which it may not be compared with the others.
    """

    label: str
    device: str
    is_floor: bool
    seconds: Interval
    metrics: dict[str, Interval]
    incomparable: frozenset[str] = frozenset()

    @property
    def has_place(self) -> bool:
        """Whether it can stand on an axis of seconds."""
        return not self.is_floor and self.seconds.mean > 0

    def competes(self, metric: Metric) -> bool:
        """Whether it may be compared with the others in a metric."""
        return metric.key not in self.incomparable


def measure_costs(comparison: Comparison) -> list[Cost]:
    """All runs of a comparison, in order; intervals as in the tables."""
    barred = find_incomparable(comparison)
    costs = []
    for run in comparison.runs:
        intervals = {
            key: mean_interval(
                run.scores[key], np.random.default_rng(SEED), groups=run.scores["original"]
            )
            for key in ("seconds", *(metric.key for metric in METRICS))
        }
        seconds = intervals.pop("seconds")
        device = run.record.device or "an unknown device"
        incomparable = frozenset(key for key, labels in barred.items() if run.label in labels)
        costs.append(Cost(run.label, device, run.is_floor, seconds, intervals, incomparable))
    return costs


def find_front(costs: list[Cost], metric: Metric) -> list[Cost]:
    """The Pareto front, fastest first: no other method is both as fast and as good.

    Methods without seconds or without the metric, and those that may not be compared in it, are
    left out.
    """
    sign = 1 if metric.higher_is_better else -1
    placed = [
        cost
        for cost in costs
        if cost.has_place and cost.metrics[metric.key].n and cost.competes(metric)
    ]
    placed.sort(key=lambda cost: (cost.seconds.mean, -sign * cost.metrics[metric.key].mean))
    front: list[Cost] = []
    for cost in placed:
        mean = sign * cost.metrics[metric.key].mean
        if not front or mean > sign * front[-1].metrics[metric.key].mean:
            front.append(cost)
    return front
