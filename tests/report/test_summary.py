"""The sentences that say who leads, by hand."""

from typing import Any

from romnet_bench.data.records import PhotoSet
from romnet_bench.report.runs import compare_runs
from romnet_bench.report.summary import summarise
from romnet_bench.report.tables import make_tables

IDS = tuple(f"p{number}" for number in range(12))


def sentences(bench: Any) -> str:
    (table,) = make_tables(compare_runs([bench.runs]))
    return summarise(table)


def add(bench: Any, **psnr: list[Any]) -> PhotoSet:
    photos = bench.add_dataset(ids=IDS)
    for name, values in psnr.items():
        run = bench.add_run(
            photos, "blur", folder=name, method__name=name, method__label=name,
            method__restores=name != "input", method__colorizes=name != "input",
        )  # fmt: skip
        bench.change_scores(run, psnr=values, ssim=[None] * len(IDS))
    return photos


def test_who_leads_by_how_much_and_ahead_of_whom_it_is_not(bench: Any) -> None:
    base = [20.0 + number for number in range(12)]
    add(
        bench,
        input=base,
        better=[value + 1 for value in base],
        alike=[value + 1 + 0.1 * (-1) ** index for index, value in enumerate(base)],
        worse=[value - 3 for value in base],
    )
    # 12 photos, all better: p = 2/2¹² = 0.00049, times six pairs 0.0029.
    assert sentences(bench) == (
        "Highest PSNR: alike and better, 26.50 (+1.00 [+0.95, +1.05] against the input, p = 0.003)."
    )


def test_the_gain_is_the_leaders_wherever_it_stands(bench: Any) -> None:
    base = [20.0 + number for number in range(12)]
    add(bench, input=base, zero=[value + 2 for value in base])
    assert sentences(bench) == "Highest PSNR: zero, 27.50 (+2.00 against the input, p < 0.001)."


def test_what_may_not_be_compared_is_set_aside_and_named(bench: Any) -> None:
    base = [20.0 + number for number in range(12)]
    add(bench, input=base, ours=[value - 1 for value in base], part=[99.0, *[None] * 11])
    assert sentences(bench) == (
        "Highest PSNR of the rows that may be compared: input, 25.50, no method does better than "
        "the input; set aside: part."
    )


def test_a_lead_that_is_not_significant_names_the_rivals(bench: Any) -> None:
    base = [20.0 + number for number in range(12)]
    rival = [value + 0.2 * (-1) ** index - 0.05 for index, value in enumerate(base)]
    add(bench, ours=base, rival=rival)
    assert sentences(bench) == "Highest PSNR: ours, 25.50; not significantly better than rival."


def test_the_input_may_be_best_and_one_method_alone_says_nothing(bench: Any) -> None:
    base = [20.0 + number for number in range(12)]
    add(bench, input=base, ours=[value - 1 for value in base])
    assert sentences(bench) == ("Highest PSNR: input, 25.50, no method does better than the input.")
    assert sentences_of_one(bench) == ""


def sentences_of_one(bench: Any) -> str:
    (table,) = make_tables(compare_runs([bench.runs / "input"]))
    return summarise(table)


def test_references_that_are_worse_on_purpose_are_not_set_aside(bench: Any) -> None:
    base = [20.0 + number for number in range(12)]
    photos = add(bench, input=base, ours=[value + 1 for value in base])
    run = bench.add_run(
        photos, "blur", folder="rank", method__name="rank",
        references={"choice": "ranked", "rank": "2"},
    )  # fmt: skip
    bench.change_scores(run, psnr=[value + 2 for value in base], ssim=[None] * len(IDS))
    assert sentences(bench) == "Highest PSNR: ours, 26.50 (+1.00 against the input, p < 0.001)."
