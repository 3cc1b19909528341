"""`methods`, `run --weights none` and `restore --method`, as a person types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from romnet_bench.bench.results import read_run
from romnet_bench.cli import cli
from romnet_bench.errors import UserError
from romnet_bench.images import encode_png, read_rgb

pytestmark = pytest.mark.usefixtures("no_weights")


def call(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_the_list_names_every_method_with_what_fetches_it():
    done = call("methods")
    assert done.exit_code == 0, done.output
    assert done.output == call("methods", "list").output
    assert "Wan et al. (code Apache-2.0; weights MIT)" in done.output
    assert "romnet-bench weights fetch wan" in done.output
    plain = json.loads(call("methods", "list", "--json").output)
    names = {method["name"] for system in plain for method in system["methods"]}
    assert {"input", "romnet", "wan", "ddcolor"} <= names


def test_check_ends_with_3_unless_all_are_ok(monkeypatch):
    done = call("methods", "check", "input", "romnet-grey")
    assert (done.exit_code, done.output) == (0, "input: ok\nromnet-grey: ok\n")
    monkeypatch.setattr("romnet_bench.methods.input.to_rgb", lambda photo: photo)
    done = call("methods", "check", "input")
    assert done.exit_code == 3
    assert "input: incompatible. The method must return 64×64×3" in done.output


def test_random_weights_are_said_in_the_results_and_the_report(tiny_dataset: Path, tmp_path: Path):
    runs = tmp_path / "runs"
    words = ("run", "--method", "romnet-grey", "--data", tiny_dataset, "--out", runs)
    done = call(*words, "--weights", "none", "--no-download")
    assert done.exit_code == 0, done.output
    assert "lightness only, random weights, on" in done.output
    record = read_run(runs / "tiny" / "romnet-grey")
    assert "random weights" in record.method.notes
    assert record.method.fingerprint["weights"] == "random weights"
    assert call("report", runs, "--out", tmp_path / "report").exit_code == 0
    tables = "".join(path.read_text("utf-8") for path in (tmp_path / "report").rglob("*.md"))
    assert "random weights" in tables


def test_none_and_a_checkpoint_contradict_each_other(tiny_dataset: Path, tmp_path: Path):
    words = ("run", "--method", "romnet", "--data", tiny_dataset, "--weights", "none")
    done = call(*words, "--checkpoint", tmp_path / "x.safetensors")
    assert isinstance(done.exception, UserError)
    assert "leave out" in str(done.exception)


def test_a_photo_by_another_method(tmp_path: Path, tiny_photos):
    photo = tmp_path / "photo.png"
    photo.write_bytes(encode_png(tiny_photos[0].input))
    done = call("restore", photo, "--method", "input")
    assert done.exit_code == 0, done.output
    assert read_rgb(tmp_path / "photo-restored.png").shape == tiny_photos[0].target.shape
    done = call("restore", photo, "--method", "romnet", "--weights", "none")
    assert isinstance(done.exception, UserError)
    assert "give it by --reference" in str(done.exception)


def test_a_method_without_weights_says_what_to_type(tiny_dataset: Path):
    done = call("run", "--method", "wan", "--data", tiny_dataset, "--no-download")
    assert isinstance(done.exception, UserError)
    assert "romnet-bench weights fetch wan" in str(done.exception)


@pytest.mark.parametrize(
    ("method", "option", "takers"),
    [
        ("wan", "--boxes", "instcolorization"),
        ("wan", "--checkpoint", "romnet"),
        ("input", "--render-factor", "deoldify-artistic, deoldify-stable"),
        ("romnet-grey", "--ablation", "romnet"),
        ("exemplar-video", "--correspondences", "he"),
    ],
)
def test_an_option_of_another_method_is_not_passed_over(
    tiny_dataset: Path, method: str, option: str, takers: str
):
    values = {"--render-factor": "20", "--ablation": "single-level-rdn", "--checkpoint": "x.pth"}
    value = values.get(option, tiny_dataset)
    words = ("run", "--method", method, "--data", tiny_dataset, option, value)
    done = call(*words)
    assert isinstance(done.exception, UserError), done.output
    assert f"{option} does not concern {method}, only " in str(done.exception)
    assert takers in str(done.exception)
