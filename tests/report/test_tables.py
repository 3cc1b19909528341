"""Tables: their numbers by hand, what is bold, and every warning."""

import math
from typing import Any

import pytest

from romnet_bench.bench import results
from romnet_bench.errors import UserError
from romnet_bench.report.figures.rank_curves import keep_first_ranks
from romnet_bench.report.formats import to_sheet
from romnet_bench.report.markdown import to_markdown
from romnet_bench.report.runs import compare_runs, load_run, unique_slugs
from romnet_bench.report.tables import Row, Table, find_incomparable, make_tables


def make_table(bench: Any) -> Table:
    (table,) = make_tables(compare_runs([bench.runs]))
    return table


def row_of(table: Table, label: str) -> Row:
    return next(row for row in table.rows if row.label == label)


def test_numbers_by_hand(bench: Any) -> None:
    photos = bench.add_dataset(ids=("a", "b", "c"))
    run = bench.add_run(photos, "blur")
    bench.change_scores(
        run,
        psnr=[20.0, 22.0, 27.0],
        ssim=[0.5, 0.5, 0.5],
        lpips=[0.1, None, 0.3],
        seconds=[1.0, 2.0, 6.0],
    )
    row = row_of(make_table(bench), "blur")
    assert row.intervals["psnr"].mean == pytest.approx(23)
    assert 20 <= row.intervals["psnr"].low < 23 < row.intervals["psnr"].high <= 27
    ssim = row.intervals["ssim"]
    assert (ssim.mean, ssim.low, ssim.high, ssim.n) == (0.5, 0.5, 0.5, 3)
    assert row.intervals["lpips"].mean == pytest.approx(0.2)
    assert row.intervals["lpips"].n == 2
    assert row.seconds == pytest.approx(3)
    assert (row.photos, row.photos_in_split) == (3, 3)
    assert row.warnings == ["LPIPS is known for 2 of 3 photos"]


def test_best_follows_each_metrics_direction(full_bench: Any) -> None:
    root = full_bench.runs / "drawn"
    full_bench.change_scores(root / "blur", lpips=[0.1] * 6, psnr=[30.0] * 6, ssim=[0.9] * 6)
    full_bench.change_scores(root / "noise", lpips=[0.2] * 6, psnr=[20.0] * 6, ssim=[0.9] * 6)
    full_bench.change_scores(root / "grey", lpips=[0.3] * 6, psnr=[10.0] * 6, ssim=[0.1] * 6)
    table = make_table(full_bench)
    assert row_of(table, "blur").best == {"psnr", "ssim", "lpips"}
    assert row_of(table, "noise").best == {"ssim"}  # a tie as printed
    assert row_of(table, "grey").best == frozenset()


def test_best_compares_like_with_like(full_bench: Any) -> None:
    root = full_bench.runs / "drawn"
    full_bench.change_scores(root / "blur", psnr=[20.0] * 6)
    full_bench.change_scores(root / "grey", psnr=[10.0] * 6)
    # The best mean, but on the one photo that it measured.
    full_bench.change_scores(root / "noise", psnr=[90.0, *[None] * 5])
    table = make_table(full_bench)
    assert "psnr" in row_of(table, "blur").best
    assert "psnr" not in row_of(table, "noise").best


def test_random_weights_are_never_best(full_bench: Any) -> None:
    folder = full_bench.runs / "drawn" / "blur"
    record = results.read_run(folder)
    method = record.method.model_copy(update={"notes": ["random weights"]})
    results.write_run(folder, record.model_copy(update={"method": method}))
    table = make_table(full_bench)
    row = row_of(table, "blur (random weights)")
    assert row.best == frozenset()
    assert "random weights" in row.warnings
    assert row_of(table, "noise").best


def test_one_row_alone_is_not_best(bench: Any) -> None:
    bench.add_run(bench.add_dataset(), "blur")
    assert row_of(make_table(bench), "blur").best == frozenset()


def test_other_protocol_is_warned_of_and_never_best(full_bench: Any) -> None:
    photos = full_bench.add_dataset("again")
    full_bench.add_run(
        photos, "blur", folder="drawn/paper", method__label="as in the paper",
        dataset__name="drawn", protocol={"name": "luma-ssim", "hash": "deadbeef"},
    )  # fmt: skip
    full_bench.change_scores(full_bench.runs / "drawn" / "paper", psnr=[99.0] * 6)
    table = make_table(full_bench)
    row = row_of(table, "as in the paper")
    assert any("luma-ssim (deadbeef)" in warning for warning in row.warnings)
    assert row.best == frozenset()
    assert table.protocol.name == "romnet-bench-1"
    assert row_of(table, "noise").warnings == []


def test_partial_failed_and_noted_runs_are_warned_of(bench: Any) -> None:
    photos = bench.add_dataset()
    bench.add_run(
        photos, "blur", ids=photos.ids[:2], finished="",
        failed={"p2": "out of memory", "p3": "out of memory"},
        method__notes=["random weights: the numbers mean nothing"],
    )  # fmt: skip
    warnings = row_of(make_table(bench), "blur").warnings
    assert warnings == [
        "random weights: the numbers mean nothing",
        "scored on 2 of 6 photos",
        "the run was cut short or is still going on",
        "failed on p2 (out of memory), and 1 more",
    ]


def test_empty_column_gives_the_reason_in_full(full_bench: Any) -> None:
    table = make_table(full_bench)
    for row in table.rows:
        assert row.intervals["lpips"].n == 0
        assert math.isnan(row.intervals["lpips"].mean)
    assert table.footnotes == [
        "LPIPS is empty (–): no AlexNet weights: put alexnet.pth into the weights folder"
    ]


def test_what_a_method_cannot_do_is_noted(full_bench: Any) -> None:
    photos = full_bench.add_dataset("again")
    full_bench.add_run(
        photos, "blur", folder="drawn/wan", method__label="Wan et al.", method__colorizes=False,
        dataset__name="drawn",
    )  # fmt: skip
    table = make_table(full_bench)
    assert row_of(table, "Wan et al.").notes[0].startswith("does not colourise")
    assert row_of(table, "Wan et al.").intervals["psnr"].n == 6
    assert row_of(table, "grey").notes[0].startswith("the grey input itself")
    assert row_of(table, "noise").notes == []


def test_other_photos_of_the_same_name_get_a_table_of_their_own(bench: Any) -> None:
    bench.add_run(bench.add_dataset("one"), "blur", dataset__name="drawn")
    other = bench.add_dataset("two", ids=("x", "y"))
    bench.add_run(other, "noise", dataset__name="drawn")
    tables = make_tables(compare_runs([bench.runs]))
    assert sorted(table.key for table in tables) == ["drawn-test", "drawn-test-2"]
    for table in tables:
        (row,) = table.rows
        (line,) = [line for line in table.footnotes if "fingerprint" in line]
        assert table.fingerprint not in line
        assert row.label in ("blur", "noise")


def test_other_devices_and_metric_weights_are_told(full_bench: Any) -> None:
    photos = full_bench.add_dataset("again")
    full_bench.add_run(
        photos, "blur", folder="drawn/gpu", method__label="gpu", dataset__name="drawn",
        device="cuda", weights={"lpips": "a" * 64},
    )  # fmt: skip
    full_bench.add_run(
        photos, "blur", folder="drawn/cpu", method__label="cpu", dataset__name="drawn",
        weights={"lpips": "b" * 64},
    )  # fmt: skip
    full_bench.add_run(
        photos, "blur", folder="drawn/cpu2", method__label="cpu 2", dataset__name="drawn",
        weights={"lpips": "b" * 64},
    )  # fmt: skip
    names = ("gpu", "cpu", "cpu2")
    for name, value in zip(names, (0.1, 0.2, 0.3), strict=True):
        full_bench.change_scores(full_bench.runs / "drawn" / name, lpips=[value] * 6)
    table = make_table(full_bench)
    assert "different devices: cpu, cuda" in " ".join(table.footnotes)
    assert any("other weights (aaaaaaaaaaaa)" in one for one in row_of(table, "gpu").warnings)
    assert not row_of(table, "cpu").warnings
    assert "lpips" not in row_of(table, "gpu").best  # the lowest, by other weights
    assert "lpips" not in row_of(table, "gpu").places
    assert "lpips" in row_of(table, "cpu").best


def test_worse_references_do_not_outvote_the_rest(bench: Any) -> None:
    """What figures and tables hold for comparable is the same, whether these stand there or not."""
    photos = bench.add_dataset()
    own, other = {"lpips": "a" * 64}, {"lpips": "b" * 64}
    for name in ("grey", "noise"):
        folder = bench.add_run(photos, name, weights=own)
        bench.change_scores(folder, lpips=[0.3] * 6)
    for rank in (1, 2, 3):
        folder = bench.add_run(
            photos, "blur", folder=f"drawn/rank{rank}", weights=other,
            method__label=f"r {rank}",
            method__name="blur" if rank == 1 else f"blur-rank-{rank:02d}",
            references={"choice": "ranked", "rank": str(rank)},
        )  # fmt: skip
        bench.change_scores(folder, lpips=[0.2] * 6)
    (comparison,) = compare_runs([bench.runs])
    (table,) = make_tables([comparison])
    placed = {row.label for row in table.rows if "lpips" in row.places}
    assert placed == {"grey", "noise"}
    for shown in (comparison, keep_first_ranks(comparison)):
        barred = find_incomparable(shown)["lpips"]
        assert {run.label for run in shown.runs} - barred == placed


def test_variants_of_few_photos_are_told(bench: Any) -> None:
    run = bench.add_run(bench.add_dataset(), "blur")
    bench.change_scores(run, psnr=[20.0, 20.1, 20.2, 30.0, 30.1, 30.2])
    alone = make_table(bench)
    assert "drawn over" not in " ".join(alone.footnotes)
    bench.change_scores(run, original=["a", "a", "a", "b", "b", "b"])
    table = make_table(bench)
    assert "drawn over 2 photographs, each with all its variants" in " ".join(table.footnotes)
    narrow, wide = (row_of(each, "blur").intervals["psnr"] for each in (alone, table))
    assert (wide.low, wide.high) == (pytest.approx(20.1), pytest.approx(30.1))
    assert narrow.high - narrow.low < wide.high - wide.low


def test_a_run_without_scores_is_left_out_and_named(bench: Any) -> None:
    photos = bench.add_dataset()
    begun = bench.add_run(photos, "blur", folder="drawn/begun", finished="")
    (begun / "scores.parquet").unlink()
    with pytest.raises(UserError, match="holds no scores yet"):
        compare_runs([bench.runs])
    bench.add_run(photos, "noise")
    table = make_table(bench)
    assert [row.label for row in table.rows] == ["noise"]
    line = "The run in begun is left out: it has no scores yet"
    assert line in table.footnotes
    assert line in to_markdown(to_sheet(table))


def test_runs_of_one_label_are_told_apart(bench: Any) -> None:
    photos = bench.add_dataset()
    for rank in (1, 10):
        bench.add_run(photos, "blur", folder=f"drawn/rank{rank}", method__label="ROMNet")
    labels = [row.label for row in make_table(bench).rows]
    assert labels == ["ROMNet (rank1)", "ROMNet (rank10)"]


def test_a_photo_with_two_rows_is_refused(bench: Any) -> None:
    run = bench.add_run(bench.add_dataset(), "blur")
    bench.change_scores(run, id=["p0", "p0", "p2", "p3", "p4", "p5"])
    with pytest.raises(UserError, match="p0 has two rows"):
        load_run(run)


def test_infinite_scores_count_as_missing(bench: Any) -> None:
    run = bench.add_run(bench.add_dataset(), "blur")
    bench.change_scores(run, psnr=[math.inf, 20.0, 20.0, 20.0, 20.0, 20.0])
    row = row_of(make_table(bench), "blur")
    assert (row.intervals["psnr"].mean, row.intervals["psnr"].n) == (20, 5)
    assert row.warnings == ["PSNR is known for 5 of 6 photos"]


def test_slugs_are_safe_and_unique() -> None:
    names = ["a/b", "a b", "A-B", "..", "<script>", "é", "ROMNet"]
    slugs = unique_slugs(names)
    assert len({slug.lower() for slug in slugs}) == len(names)
    assert all(slug.strip(".") and "/" not in slug and "<" not in slug for slug in slugs)
    assert slugs[-1] == "ROMNet"
