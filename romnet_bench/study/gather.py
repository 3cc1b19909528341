"""From runs to a study: which methods, which photos, and whether all of them may be compared."""

import dataclasses
from pathlib import Path

import numpy as np
import pydantic

from romnet_bench.bench.results import image_path
from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.files import printable, sha256_files
from romnet_bench.report.pictures import find_photos, list_shown
from romnet_bench.report.runs import Comparison, Run, compare_runs
from romnet_bench.study.definition import Definition, RunFacts

_CHOICE = 3  # the random stream that chooses photos; the plan's are 0 to 2
_NAMED = 5  # photos left out that a sentence names


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the study's owner chooses.

    Args:
        people: planned; the plan is balanced for any number.
        photos: of the study, at most; chosen at random where the dataset has more.
        per_person: photos that one person ranks; None: all of the study.
        checks: attention checks that one person gets besides.
        longest_side: of every picture, in pixels; larger photos are made smaller.
        seed: of the photos' choice and of the plan.
    """

    people: int = 15
    photos: int = 100
    per_person: int | None = None
    checks: int = 5
    longest_side: int = 1024
    seed: int = 0


@dataclasses.dataclass(frozen=True, eq=False)
class Gathered:
    """A study, where its pictures come from, and sentences about what was left out."""

    definition: Definition
    photos: PhotoSet
    runs: list[Run]  # in the order of the definition's methods
    notes: list[str]


def gather_study(folders: list[Path], data: Path | None, settings: Settings) -> Gathered:
    """The study of all runs at or below `folders`; the grey input itself is shown, not ranked.

    Args:
        folders: as `romnet-bench run` and `score` made them, all on the same photos.
        data: the dataset, if it moved since the runs.
        settings: what the study's owner chooses.

    Raises:
        UserError: the runs cannot be compared, there are too few, or photos cannot be found.
    """
    comparison = _only(compare_runs(folders))
    runs = sorted(list_shown(comparison), key=lambda run: run.label)
    if len(runs) < 2:
        raise UserError(
            f"A study ranks at least two methods, and there is {len(runs)} (the grey input does "
            "not count): give more RUNS."
        )
    photos, problem = find_photos(comparison, data)
    if photos is None or problem:
        raise UserError(
            f"The dataset that the runs were made on ({printable(comparison.dataset)}, "
            f"{printable(comparison.split)}, fingerprint {printable(comparison.fingerprint)}) was "
            "not found: give its folder by --data DIR."
        )
    complete, notes = _complete(photos, runs)
    notes += [
        f"{printable(str(folder))} is left out: it holds no scores yet."
        for folder in comparison.unscored
    ]
    ranked, spares = _choose(complete, settings)
    if len(ranked) < settings.photos:
        notes.append(f"The study has {len(ranked)} photos: there are no more that all methods did.")
    shown = [*ranked, *spares]
    try:
        definition = Definition(
            dataset=comparison.dataset,
            split=comparison.split,
            fingerprint=comparison.fingerprint,
            methods=tuple(run.label for run in runs),
            outputs=tuple(
                sha256_files({identity: image_path(run.folder, identity) for identity in shown})
                for run in runs
            ),
            photos=tuple(ranked),
            spares=tuple(spares),
            people=settings.people,
            per_person=settings.per_person or len(ranked),
            checks=settings.checks,
            longest_side=settings.longest_side,
            seed=settings.seed,
            runs=tuple(map(_describe, runs)),
        )
    except pydantic.ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UserError(f"This cannot be a study: {reason}.") from None
    return Gathered(definition, photos, runs, notes)


def _describe(run: Run) -> RunFacts:
    protocol, method = run.record.protocol, run.record.method
    return RunFacts(
        protocol=protocol.name,
        protocol_hash=protocol.hash,
        fingerprint=method.fingerprint,
        notes=tuple(method.notes),
    )


def _only(comparisons: list[Comparison]) -> Comparison:
    if len(comparisons) > 1:
        names = ", ".join(
            f"{printable(each.dataset)} ({printable(each.fingerprint)})" for each in comparisons
        )
        raise UserError(f"RUNS are on different photos, {names}: give the runs on one of them.")
    return comparisons[0]


def _complete(photos: PhotoSet, runs: list[Run]) -> tuple[list[str], list[str]]:
    """The ids that every run has an output for, sorted, and a sentence about the others."""
    missing = {
        identity: [run.label for run in runs if not image_path(run.folder, identity).is_file()]
        for identity in sorted(photos.ids)
    }
    complete = [identity for identity, lacking in missing.items() if not lacking]
    if not complete:
        raise UserError("No photo has an output of every method: finish the runs first.")
    left_out = [
        f"{printable(identity)} (not by {', '.join(map(printable, lacking))})"
        for identity, lacking in missing.items()
        if lacking
    ]
    if not left_out:
        return complete, []
    more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
    return complete, [f"Photos left out: {', '.join(left_out[:_NAMED])}{more}."]


def _choose(complete: list[str], settings: Settings) -> tuple[list[str], list[str]]:
    """The photos to rank, and others for the attention checks if there are enough."""
    generator = np.random.default_rng([settings.seed, _CHOICE])
    drawn = [complete[index] for index in generator.permutation(len(complete))]
    ranked, rest = drawn[: settings.photos], drawn[settings.photos :]
    spares = rest[: settings.checks] if len(rest) >= settings.checks else []
    return sorted(ranked), sorted(spares)
