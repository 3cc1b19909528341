"""A split's ranking, kept with the dataset, and the choices that are made from it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from romnet_bench.cli import cli
from romnet_bench.color import lightness_grey
from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.references import ranked as module
from romnet_bench.references.choice import RankedReferences, StoredReferences, choose_references
from romnet_bench.references.features import Features, load_features
from romnet_bench.references.lenders import find_lenders
from romnet_bench.references.ranked import rank_split, ranked_path, read_ranked
from romnet_bench.references.ranking import rank
from tests.references.conftest import MakeSplit, scene


@pytest.fixture
def train(make_split: MakeSplit) -> PhotoSet:
    """Twelve photos; `t0` and `t0b` are variants of one."""
    targets = {f"t{seed}": scene(seed) for seed in range(12)}
    return make_split("train", {**targets, "t0b": scene(0)}, t0b="t0")


@pytest.fixture
def test_split(make_split: MakeSplit) -> PhotoSet:
    """Five photos; `near` is a training photo saved brighter and mirrored."""
    near = np.uint8(20 + 0.9 * scene(3)[:, ::-1])
    return make_split(
        "test", {**{f"q{seed}": scene(100 + seed) for seed in range(4)}, "near": near}
    )


def _filters() -> Features:
    return load_features("filters")


def test_ranks_are_those_of_the_definition(train: PhotoSet, test_split: PhotoSet) -> None:
    """By the float64 loop over maps in half precision; near-duplicates and the photo left out."""
    features = _filters()

    def maps(grey: np.ndarray) -> list:  # type: ignore[type-arg]
        return [level.half() for level in features(grey)]

    greys = {identity: lightness_grey(train.target(identity)) for identity in train.ids}
    candidates = {identity: maps(grey) for identity, grey in greys.items() if identity != "t0b"}
    ranked = rank_split(test_split, train, _filters, "filters", count=5)
    for photo in test_split:
        expected = rank(maps(photo.input), candidates)
        if photo.id == "near":
            expected.remove("t3")
        assert [match.id for match in ranked.matches[photo.id]] == expected[:5]
    itself = rank_split(train, train, _filters, "filters", count=11)
    for identity, matches in itself.matches.items():
        found = {match.id for match in matches}
        assert identity not in found
        assert len(found) == 11  # all others
    assert "t0" not in {match.id for match in itself.matches["t0b"]}


def test_kept_with_the_dataset(train: PhotoSet, test_split: PhotoSet) -> None:
    """What is written is what was found, and is not done twice: no features are loaded."""
    ranked = rank_split(test_split, train, _filters, "filters")

    def never() -> Features:
        raise AssertionError

    again = rank_split(test_split, train, never, "filters")
    assert again == ranked
    assert read_ranked(ranked_path(test_split, train, "filters")) == ranked
    assert rank_split(test_split, train, never, "filters", count=3) == ranked  # more than enough
    assert len(ranked.matches["q0"]) == 10
    assert ranked.origin["lenders"] == "12"
    with pytest.raises(AssertionError):  # other candidates are another ranking
        rank_split(test_split, test_split, never, "filters")


def test_other_photos_make_another_ranking(
    train: PhotoSet, test_split: PhotoSet, make_split: MakeSplit
) -> None:
    """A ranking of photos that are no longer there is not believed."""
    before = rank_split(test_split, train, _filters, "filters")
    changed = make_split("train", {f"t{seed}": scene(seed + 30) for seed in range(12)})
    after = rank_split(test_split, changed, _filters, "filters")
    assert after.origin["candidates"] != before.origin["candidates"]
    assert after.matches != before.matches


def test_a_stopped_ranking_goes_on(
    train: PhotoSet, test_split: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches that were finished are not asked for again; the file is the same bytes."""
    monkeypatch.setattr(module, "BATCH", 2)
    whole = rank_split(test_split, train, _filters, "filters").path
    expected = whole.read_bytes()
    whole.unlink()
    seen: list[int] = []
    stop_after = 3

    def stopping() -> Features:
        features = _filters()

        def maps(grey: np.ndarray) -> list:  # type: ignore[type-arg]
            seen.append(1)
            if len(seen) > stop_after:
                raise KeyboardInterrupt
            return features(grey)

        return dataclasses.replace(features, maps=maps)

    with pytest.raises(KeyboardInterrupt):
        rank_split(test_split, train, stopping, "filters")
    assert len(list(whole.parent.glob(".*.part"))) == 1
    seen.clear()
    stop_after = 3  # of five photos, two are done
    rank_split(test_split, train, stopping, "filters")
    assert len(seen) == 3
    assert whole.read_bytes() == expected
    assert not list(whole.parent.glob(".*.part"))


def test_a_damaged_ranking_is_made_again(train: PhotoSet, test_split: PhotoSet) -> None:
    """Rather than read half."""
    ranked = rank_split(test_split, train, _filters, "filters")
    expected = ranked.path.read_bytes()
    ranked.path.write_bytes(expected[:100])
    assert read_ranked(ranked.path) is None
    assert rank_split(test_split, train, _filters, "filters") == ranked
    assert ranked.path.read_bytes() == expected


def test_a_shortlist_says_its_recall(train: PhotoSet, test_split: PhotoSet) -> None:
    """Measured on the photos themselves, and kept."""
    ranked = rank_split(test_split, train, _filters, "filters", count=3, shortlist=6)
    exact = rank_split(
        test_split, train, _filters, "filters", count=3
    )  # another question: made anew
    hits = sum(
        match.id in {other.id for other in exact.matches[identity]}
        for identity, matches in ranked.matches.items()
        for match in matches
    )
    assert ranked.origin["recall"].startswith(f"{hits / 15:.4f} of 5 photos")


@pytest.mark.parametrize("way", ["stored", "memory"])
def test_choices_agree(
    way: str, train: PhotoSet, test_split: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the file, or in memory beside a dataset that cannot be written to."""
    if way == "memory":
        monkeypatch.setattr("os.access", lambda *_: False)
    chosen = [
        choose_references(test_split, train, _filters, "filters", k).choose(test_split["near"])
        for k in (1, 2, 11)
    ]
    monkeypatch.undo()
    expected = rank_split(test_split, train, _filters, "filters", count=12).matches["near"]
    assert [one.id for one in chosen] == [expected[k - 1].id for k in (1, 2, 11)]
    assert [one.rank for one in chosen] == [1, 2, 11]
    assert np.array_equal(chosen[0].picture, train.target(chosen[0].id))
    kind = StoredReferences if way == "stored" else RankedReferences
    if way == "memory":
        ranked_path(test_split, train, "filters").unlink()
        monkeypatch.setattr("os.access", lambda *_: False)
    chooser = choose_references(test_split, train, _filters, "filters", 12)
    assert isinstance(chooser, kind)
    with pytest.raises(UserError, match="near has no reference of rank 12"):
        chooser.choose(test_split["near"])
    with pytest.raises(UserError, match="lower --rank"):
        choose_references(test_split, train, _filters, "filters", 13)


def test_a_ranking_that_reaches_far_enough_is_taken_as_it_is(
    train: PhotoSet, test_split: PhotoSet
) -> None:
    """A shortlist's, or a short one: the days that it took are not thrown away by a run."""

    def never() -> Features:
        raise AssertionError

    made = rank_split(test_split, train, _filters, "filters", count=3, shortlist=6)
    chooser = choose_references(test_split, train, never, "filters", 3)
    assert chooser.choose(test_split["q1"]).id == made.matches["q1"][2].id
    assert chooser.describe()["shortlist"] == "6"
    with pytest.raises(AssertionError):
        choose_references(test_split, train, never, "filters", 4)
    with pytest.raises(UserError, match="raise --shortlist"):
        rank_split(test_split, train, _filters, "filters", count=3, shortlist=2)


def test_other_lenders_have_a_ranking_of_their_own(
    train: PhotoSet, test_split: PhotoSet, make_split: MakeSplit
) -> None:
    """Hidden, so that it is not given on with the dataset: its ids are another's."""
    other = make_split("train", {f"o{seed}": scene(seed + 60) for seed in range(12)}, "other")
    own = rank_split(test_split, train, _filters, "filters")
    foreign = rank_split(test_split, other, _filters, "filters")
    assert read_ranked(own.path) == own
    assert foreign.path.parent == own.path.parent
    assert foreign.path.name.startswith(".")
    assert {match.id[0] for match in foreign.matches["q0"]} == {"o"}
    within = rank_split(test_split, test_split, _filters, "filters", count=2)
    assert read_ranked(own.path) == own
    assert within.path.name == "test-filters-test.parquet"


def test_a_dataset_without_lenders_says_what_to_give(test_split: PhotoSet) -> None:
    """As the plates have none."""
    with pytest.raises(UserError, match="only test: give --references"):
        find_lenders(test_split.folder)


def test_lenders(make_split: MakeSplit) -> None:
    """A split named `references` is there to lend; else the training photos do."""
    folder = make_split("train", {"t": scene(1)}).folder
    make_split("test", {"q": scene(2)})
    assert find_lenders(folder).split == "train"
    assert find_lenders(folder, "test").split == "test"
    make_split("references", {"r": scene(3)})
    assert find_lenders(folder).split == "references"


def test_nobody_to_lend(make_split: MakeSplit) -> None:
    """A dataset of one photo has no reference for it."""
    alone = make_split("train", {"t": scene(1)})
    with pytest.raises(UserError, match="could lend its colours"):
        rank_split(alone, alone, _filters, "filters")


def test_the_command(train: PhotoSet, test_split: PhotoSet) -> None:
    """Ranks all splits, or those named; what it prints is where."""
    words = ["references", "--data", str(train.folder), "--reference-features", "filters"]
    done = CliRunner().invoke(cli, [*words, "--split", "test"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "5 photos of test, each with its 10 most similar of 12" in done.output
    assert not ranked_path(train, train, "filters").exists()
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert "13 photos of train" in done.output
    assert ranked_path(train, train, "filters").exists()
    done = CliRunner().invoke(cli, [*words, "--shortlist", "11"], catch_exceptions=False)
    assert "recall" in done.output


def test_the_index_is_hidden_from_datasets(train: PhotoSet, test_split: PhotoSet) -> None:
    """`datasets` reads the splits as before: neither index nor lists are taken for pictures."""
    import datasets

    rank_split(test_split, train, _filters, "filters")
    (train.folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n"
        "  - {split: train, path: data/train-*.parquet}\n"
        "  - {split: test, path: data/test-*.parquet}\n---\n"
    )
    loaded = datasets.load_dataset(str(train.folder), cache_dir=str(train.folder / ".cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 13, "test": 5}
    hidden = Path(train.folder / ".index" / "train-filters" / "index.json")
    assert hidden.exists()
