"""Training curves: logs as they are written, and as nobody should hand them in."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.errors import UserError
from romnet_bench.methods.pix2pix.step import LOSSES as PIX2PIX_LOSSES
from romnet_bench.report.figures.curves import (
    Training,
    describe_curves,
    draw_curves,
    read_training,
    smooth,
    thin,
)
from romnet_bench.report.figures.style import Style, save_figure
from romnet_bench.romnet.step import GRADIENTS, LOSSES

pytestmark = pytest.mark.filterwarnings("error")

HEADER = "step,epoch,learning_rate,l1,total,discriminator_gradient"


def write_log(path: Path, steps: int, header: str = HEADER) -> Path:
    lines = [header]
    lines += [f"{step},0,0.0005,{1 / step},{2 + 1 / step}," for step in range(1, steps + 1)]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


def made_up(label: str, **columns: np.ndarray) -> Training:
    steps = np.arange(1, len(next(iter(columns.values()))) + 1, dtype=float)
    return Training(label, pd.DataFrame(columns, index=steps))


def test_a_log_is_read_by_its_header(tmp_path: Path) -> None:
    training = read_training(write_log(tmp_path / "log.csv", 50), "mine")
    assert list(training.losses.columns) == ["l1", "total"]  # the empty one is left out
    assert training.losses.index.tolist() == list(range(1, 51))
    assert training.losses["l1"].to_numpy() == pytest.approx(1 / np.arange(1, 51), rel=1e-15)


def test_a_line_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv", 10)
    with path.open("a", encoding="utf-8") as handle:
        handle.write("11,0,0.0005,0.0")
    assert len(read_training(path, "x").losses) == 10


def test_numbers_that_are_none_are_gaps(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,total\n1,2.0\n2,nan\n3,inf\n4,1.0\n", encoding="utf-8")
    losses = read_training(path, "x").losses["total"]
    assert losses.isna().tolist() == [False, True, True, False]
    draw_curves([Training("x", losses.to_frame())]).draw_without_rendering()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"step,total\n",
        b"epoch,total\n0,1.0\n1,2.0\n",
        b"step,total\n1,high\n",
        b"step,total\n2,1.0\n1,1.0\n",
        b"step,epoch\n1,0\n",
        b"step,total\n,1.0\n",
        b"step,total\n1,\n",
        b"\xff\xfe\x00step",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b'step,total\n1,2\n"unclosed\n',
        b"<html><body>not here</body></html>\n",
    ],
)
def test_foreign_files_are_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_training(path, "x")
    message = str(caught.value)
    assert message.startswith(f"{path} is no log of a training")
    assert "\n" not in message
    assert message.endswith(".")


def test_a_missing_log_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no log of a training"):
        read_training(tmp_path / "no.csv", "x")
    with pytest.raises(UserError, match="is no log of a training"):
        read_training(tmp_path, "x")


def test_running_means() -> None:
    values = np.random.default_rng(0).normal(size=200)
    smoothed = smooth(pd.Series(values))
    for index in (0, 3, 100, 199):  # a window of 8: four before, itself, three after
        assert smoothed[index] == pytest.approx(values[max(index - 4, 0) : index + 4].mean())


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5000), st.integers(0, 99))
def test_thinning_hides_no_peak(count: int, seed: int) -> None:
    values = pd.Series(np.random.default_rng(seed).normal(size=count))
    steps, kept = thin(values)
    assert len(kept) <= 600
    assert kept.min() == values.min()
    assert kept.max() == values.max()
    assert np.all(np.diff(steps) > 0)
    assert np.array_equal(values[steps.astype(int)], kept)


def test_panels_show_the_losses(tmp_path: Path) -> None:
    step = np.arange(1, 101)
    one = made_up("ROMNet $x$", total=1000.0 / step**2, adv=np.linspace(0.5, 0.7, 100))
    two = made_up("Pix2pix\n漢", total=500.0 / step, l1=np.full(100, 0.3))
    figure = draw_curves([one, two])
    assert [panel.get_title(loc="left") for panel in figure.axes] == [
        "Total, weighted",
        "Adversarial, of the network",
        "L1 distance from the target",
    ]
    total, adv, l1 = figure.axes
    assert (total.get_yscale(), adv.get_yscale(), l1.get_yscale()) == ("log", "linear", "linear")
    assert np.array_equal(total.lines[0].get_ydata(), one.losses["total"])
    assert total.lines[1].get_ydata() == pytest.approx(smooth(one.losses["total"]).to_numpy())
    assert total.lines[1].get_linestyle() != total.lines[3].get_linestyle()
    assert len(adv.lines) == 2
    assert len(l1.lines) == 2
    assert {panel.get_xlim() for panel in figure.axes} == {(0, 100)}
    (block,) = figure.subfigs
    names = [text.get_text() for text in block.legends[0].get_texts()]
    assert names == [r"ROMNet \$x\$", "Pix2pix \N{REPLACEMENT CHARACTER}"]
    first, *_ = save_figure(figure, tmp_path / "a", formats=("svg",))
    second, *_ = save_figure(draw_curves([one, two]), tmp_path / "b", formats=("svg",))
    assert first.read_bytes() == second.read_bytes()
    assert "<!-- Adversarial, of the network -->" in first.read_text(encoding="utf-8")


def test_one_step_and_one_column() -> None:
    one = made_up("x", **{"$loss$ " * 30: np.array([1.0])})
    draw_curves([one], Style(width=3.5)).draw_without_rendering()
    assert "1 steps" in describe_curves([one])


def test_description() -> None:
    training = made_up("mine", adv=np.ones(100), total=np.linspace(9, 1, 100))
    smoothed = smooth(training.losses["total"])
    ends = f"total {smoothed.iloc[0]:.3g} → {smoothed.iloc[-1]:.3g}"
    assert f"mine, 100 steps: {ends}" in describe_curves([training])


@pytest.mark.parametrize("gradient_first", [True, False])
def test_gradients_stand_below_under_their_title(gradient_first: bool) -> None:
    columns = {"gradient": np.ones(9), "total": np.ones(9), "mine": np.ones(9)}
    names = sorted(columns, key=lambda name: (name == "gradient") != gradient_first)
    one = made_up("x", **{name: columns[name] for name in names})
    figure = draw_curves([one], Style(width=5))
    losses, gradients = figure.subfigs
    assert [panel.get_title(loc="left") for panel in losses.axes] == ["Total, weighted", "mine"]
    assert [panel.get_title(loc="left") for panel in gradients.axes] == ["Network"]
    assert gradients.get_suptitle() == "Norms of the gradients, before they are clipped"
    figure.draw_without_rendering()
    assert gradients.axes[0].bbox.y1 < losses.axes[0].bbox.y0


def test_gradients_alone() -> None:
    figure = draw_curves([made_up("x", discriminator_gradient=np.ones(9))])
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["Discriminator"]


def test_every_loss_of_our_networks_has_words() -> None:
    for name in {*LOSSES, *GRADIENTS, *PIX2PIX_LOSSES}:
        panel = draw_curves([made_up("x", **{name: np.ones(3)})]).axes[0]
        assert panel.get_title(loc="left") != name


def test_the_legend_covers_no_title() -> None:
    runs = [made_up(name, emd=np.ones(9), gradient=np.ones(9)) for name in ("a", "b")]
    figure = draw_curves(runs)
    figure.draw_without_rendering()
    legend = figure.subfigs[0].legends[0].get_window_extent()
    panel = figure.axes[0].get_tightbbox()
    assert panel is not None
    assert legend.y0 >= panel.y1
