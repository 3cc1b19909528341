"""The numbers that the paper prints, as `reports/paper/*.csv` holds them."""

import csv
import dataclasses
import functools
import math

from romnet_bench.files import resource


@dataclasses.dataclass(frozen=True)
class Published:
    """One of the paper's tables.

    Attributes:
        key: of its file, such as "table1".
        number: as the paper numbers it, such as "I".
        values: dataset → method → metric → as printed; empty where the paper has "–".
    """

    key: str
    number: str
    values: dict[str, dict[str, dict[str, str]]]

    def text(self, dataset: str, method: str, metric: str) -> str:
        """A cell as printed; empty where the paper has none."""
        return self.values.get(dataset, {}).get(method, {}).get(metric, "")

    def value(self, dataset: str, method: str, metric: str) -> float:
        """A cell as a number, NaN where the paper has none."""
        return float(self.text(dataset, method, metric) or math.nan)

    @property
    def methods(self) -> list[str]:
        """As the paper calls and orders them."""
        return list(dict.fromkeys(name for rows in self.values.values() for name in rows))


@functools.cache
def read_published(key: str) -> Published:
    """The table of the paper in `reports/paper/<key>.csv`.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    values: dict[str, dict[str, dict[str, str]]] = {}
    number = ""
    with resource("reports", "paper", f"{key}.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            number = row["table"]
            methods = values.setdefault(row["dataset"], {})
            methods.setdefault(row["method"], {})[row["metric"]] = row["value"]
    return Published(key, number, values)
