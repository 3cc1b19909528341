"""Two runs side by side, against numbers computed from their parquet files."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from scipy import stats

from romnet_bench.bench import results
from romnet_bench.cli import cli
from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.protocol import METRICS
from romnet_bench.report.runs import load_run
from romnet_bench.report.versus import compare_two, find_worse, parse_tolerance, to_text


def call(*words: object) -> Result:
    return CliRunner().invoke(cli, ["report", *map(str, words)])


def folders(bench):
    return bench.runs / "drawn" / "noise", bench.runs / "drawn" / "blur"


def test_numbers_are_those_of_the_parquet_files(made_report):
    first, second = folders(made_report)
    versus = compare_two(first, second)
    a, b = (
        pd.read_parquet(folder / "scores.parquet").set_index("id") for folder in (first, second)
    )
    assert [change.metric.key for change in versus.changes] == ["psnr", "ssim"]
    raw = []
    for change in versus.changes:
        key = change.metric.key
        difference = (b[key] - a[key]).to_numpy(float)
        assert change.before == pytest.approx(a[key].mean())
        assert change.after == pytest.approx(b[key].mean())
        assert change.paired.interval.mean == pytest.approx(difference.mean())
        assert change.paired.higher == (difference > 0).sum()
        raw.append(stats.wilcoxon(difference).pvalue)
        assert change.paired.p == pytest.approx(raw[-1])
        assert change.paired.interval.low <= difference.mean() <= change.paired.interval.high
    assert min(change.p for change in versus.changes) == pytest.approx(2 * min(raw))


def test_a_run_is_not_worse_than_itself_and_worse_than_its_better(made_report):
    noise, blur = folders(made_report)
    limits = [parse_tolerance("PSNR"), parse_tolerance("ssim:0.01")]
    assert find_worse(compare_two(noise, noise), limits) == []
    there, back = compare_two(noise, blur), compare_two(blur, noise)
    worse = {change.metric.key: change.worsening for change in there.changes}
    assert worse == pytest.approx({c.metric.key: -c.worsening for c in back.changes})
    key = max(worse, key=lambda each: worse[each])
    loser = there if worse[key] > 0 else back
    gap = abs(worse[key])
    assert find_worse(loser, [parse_tolerance(f"{key}:{gap * 0.99}")])
    assert find_worse(loser, [parse_tolerance(f"{key}:{gap * 1.01}")]) == []


def test_a_metric_with_less_is_better_is_worse_when_it_rises(full_bench):
    first, second = folders(full_bench)
    full_bench.change_scores(first, lpips=[0.2] * 6)
    full_bench.change_scores(second, lpips=[0.3] * 6)
    limit = [parse_tolerance("LPIPS:0.05")]
    assert find_worse(compare_two(first, second), limit)
    assert find_worse(compare_two(second, first), limit) == []


def test_the_exit_status_is_for_programs(made_report):
    noise, blur = folders(made_report)
    means = {f: pd.read_parquet(f / "scores.parquet")["psnr"].mean() for f in (noise, blur)}
    better, worse = sorted(means, key=lambda f: -means[f])
    well = call("--compare", worse, better, "--fail-if-worse", "PSNR:0.1")
    assert well.exit_code == 0, well.output
    assert "PSNR ↑" in well.output
    ill = call("--compare", better, worse, "--fail-if-worse", "PSNR:0.1")
    assert ill.exit_code == 4
    assert "PSNR is worse by" in ill.output


def test_a_limit_on_what_was_not_measured_does_not_pass(made_report):
    noise, blur = folders(made_report)
    with pytest.raises(UserError, match="LPIPS was not measured"):
        find_worse(compare_two(noise, blur), [parse_tolerance("LPIPS:1")])


def test_what_cannot_be_compared_is_refused(full_bench):
    noise, blur = folders(full_bench)
    other = full_bench.add_dataset("other", ids=("q0", "q1"))
    stranger = full_bench.add_run(other, "blur")
    with pytest.raises(UserError, match="other photos"):
        compare_two(noise, stranger)
    photos = full_bench.add_dataset("again")
    odd = full_bench.add_run(
        photos,
        "blur",
        dataset__fingerprint=compare_two(noise, blur).first.record.dataset.fingerprint,
        protocol={"name": "old", "hash": "0"},
    )
    with pytest.raises(UserError, match="other protocols"):
        compare_two(noise, odd)


@pytest.mark.parametrize("text", ["MOS:1", "PSNR:-1", "PSNR:many", "PSNR:nan", "PSNR:inf", ""])
def test_a_limit_that_is_none(text):
    with pytest.raises(UserError, match="is no limit"):
        parse_tolerance(text)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fail-if-worse", "PSNR"], "needs two runs"),
        (["x", "--compare", "a", "b"], "leave out RUNS"),
        (["--compare", "a", "b", "--inline"], "leave out --inline"),
        (["--compare", "a", "b", "--ablations", "x"], "leave out --ablations"),
        (["--compare", "a", "b", "--training", "x"], "leave out --training"),
    ],
)
def test_options_that_do_not_go_together(words, said):
    done = call(*words)
    assert isinstance(done.exception, UserError)
    assert said in str(done.exception)


def test_missing_photos_are_left_out_of_both(full_bench):
    noise, blur = folders(full_bench)
    full_bench.change_scores(noise, psnr=[np.nan, 20.0, 21.0, 22.0, 23.0, 24.0])
    change = compare_two(noise, blur).changes[0]
    assert change.paired.interval.n == 5
    assert change.before == pytest.approx(22.0)


def test_what_a_reader_must_know_of_a_run_stands_beside_its_name(made_report):
    first = load_run(folders(made_report)[0])
    method = first.record.method.model_copy(update={"notes": ["random weights"]})
    record = first.record.model_copy(update={"method": method})
    versus = compare_two(*folders(made_report))
    lines = to_text(dataclasses.replace(versus, first=dataclasses.replace(first, record=record)))
    assert lines.splitlines()[0].endswith("; random weights")
    assert "random weights" not in lines.splitlines()[1]


def test_photos_that_the_second_run_lost_are_no_pass(full_bench: Any) -> None:
    """A run that failed almost everywhere must not pass for one that is no worse."""
    root = full_bench.runs / "drawn"
    full_bench.change_scores(root / "blur", psnr=[30.0] * 6)
    full_bench.change_scores(root / "noise", psnr=[31.0, *[None] * 5])
    versus = compare_two(root / "blur", root / "noise")
    psnr = next(metric for metric in METRICS if metric.key == "psnr")
    (sentence,) = find_worse(versus, [(psnr, 0.1)])
    assert (
        "PSNR of 5 photos that the first run scored is missing in the second (p1, p2, p3, …)"
        in (sentence)
    )
    assert find_worse(compare_two(root / "noise", root / "blur"), [(psnr, 2.0)]) == []


def test_missing_photos_are_said(full_bench: Any) -> None:
    photos = PhotoSet(full_bench.root / "drawn", "test")
    full_bench.add_run(photos, "noise", folder="part", ids=["p0", "p1"])
    text = to_text(compare_two(full_bench.runs / "drawn" / "blur", full_bench.runs / "part"))
    assert "2 of 6 photos (4 missing in the second)" in text


def test_weights_that_one_run_does_not_name_are_no_pass(full_bench: Any) -> None:
    root = full_bench.runs / "drawn"
    for name, weights in (("blur", {"lpips": "a" * 64}), ("noise", {})):
        full_bench.change_scores(root / name, lpips=[0.1 + 0.01 * n for n in range(6)])
        record = results.read_run(root / name)
        results.write_run(root / name, record.model_copy(update={"weights": weights}))
    lpips = next(metric for metric in METRICS if metric.key == "lpips")
    with pytest.raises(UserError, match="does not say with which weights"):
        find_worse(compare_two(root / "blur", root / "noise"), [(lpips, 1.0)])
