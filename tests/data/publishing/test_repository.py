"""Which files are given on, and which stay."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard

from romnet_bench.data.publishing.publish import prepare_repository
from romnet_bench.data.publishing.repository import plan_repository, write_repository
from romnet_bench.data.rights import Rights, write_rights
from romnet_bench.errors import UserError

REPO = "someone/noise"
RIGHTS = Rights(granted=True, statement="CC0")

STAYS = {
    ".lock": "",
    ".env": "HF_TOKEN=hf_secret",
    "token.txt": "hf_secret",
    "build.json": "{}",
    "journal.jsonl": "{}",
    "data/.train-00000-of-00003.parquet.abc.part": "half",
    "data/train-00000-of-00003.parquet.part": "half",
    "data/notes.txt": "mine",
    "data/notes.csv": "mine",
    ".cache/huggingface/token": "hf_secret",
    "private/faces.csv": "names",
    "references/.index.npy": "x",
    "references/index.npy": "x",
}
GOES = {
    "quality.csv": "plate,residual\n",
    "report.md": "# Report\n",
    "sheets/page-01.jpg": "picture",
    "references/test.parquet": "ranked",
    "LICENSE": "CC0",
}


def test_only_what_belongs_to_the_dataset_goes(dataset: Path, tmp_path: Path) -> None:
    for name, content in {**STAYS, **GOES}.items():
        path = dataset / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    secret = tmp_path / "secret.csv"
    secret.write_text("hf_secret")
    (dataset / "linked.csv").symlink_to(secret)
    repository = plan_repository(dataset, REPO, RIGHTS)
    shards = [f"data/train-{index:05d}-of-00003.parquet" for index in range(3)]
    shards.append("data/test-00000-of-00001.parquet")
    assert list(repository.files) == sorted(
        ["README.md", "rights.json", "samples.jpg", *GOES, *shards]
    )
    visible = {name for name in STAYS if not any(part[0] == "." for part in Path(name).parts)}
    assert set(repository.left_out) == visible - {"data/train-00000-of-00003.parquet.part"}
    write_repository(repository, tmp_path / "tree")
    written = [path for path in (tmp_path / "tree").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path / "tree").as_posix() for path in written} == set(
        repository.files
    )
    assert sum(path.stat().st_size for path in written) == repository.size
    for path in written:
        assert b"hf_secret" not in path.read_bytes()


def test_a_dry_run_changes_nothing_in_the_dataset(dataset: Path, tmp_path: Path) -> None:
    def state() -> dict[str, tuple[str, int]]:
        return {
            str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for path in dataset.rglob("*")
            if path.is_file()
        }

    before = state()
    write_repository(prepare_repository(dataset, REPO, rights="My own pictures"), tmp_path / "tree")
    assert state() == before


def test_a_folder_with_something_in_it_is_left_alone(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    repository = plan_repository(dataset, REPO, RIGHTS)
    with pytest.raises(UserError, match="not empty"):
        write_repository(repository, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]


def test_nothing_is_published_without_rights(dataset: Path) -> None:
    (dataset / "rights.json").unlink()
    with pytest.raises(UserError, match=r"may not be published yet: nothing in .* says"):
        prepare_repository(dataset, REPO)
    write_rights(dataset, Rights(granted=False, statement="Do the owners of RealOld allow it?"))
    with pytest.raises(UserError, match=r"Do the owners of RealOld allow it.*--rights"):
        prepare_repository(dataset, REPO)
    with pytest.raises(UserError, match="--rights is empty"):
        prepare_repository(dataset, REPO, rights=" \n")
    repository = prepare_repository(dataset, REPO, rights="R. Xu, by letter\n# of today <b>")
    card = repository.files["README.md"]
    assert isinstance(card, bytes)
    assert card.endswith(b"## Rights\n\nR. Xu, by letter # of today \\<b\\>\n")
    rights = repository.files["rights.json"]
    assert isinstance(rights, bytes)
    assert json.loads(rights) == {
        "granted": True,
        "statement": "R. Xu, by letter # of today <b>",
    }


def test_the_card_names_the_repository(dataset: Path) -> None:
    card = plan_repository(dataset, REPO, RIGHTS).files["README.md"]
    assert isinstance(card, bytes)
    assert b'load_dataset("someone/noise", split="test")' in card
    assert DatasetCard(card.decode()).data.license == "cc0-1.0"


def test_the_rights_of_today_take_the_place_of_the_question(dataset: Path) -> None:
    card = (dataset / "README.md").read_text()
    asked = card.replace("## Licence", "## Rights\n\nMay it?\n\nReally?\n\n## Licence")
    expected = plan_repository(dataset, REPO, RIGHTS).files["README.md"]
    (dataset / "README.md").write_text(asked)
    assert plan_repository(dataset, REPO, RIGHTS).files["README.md"] == expected
    (dataset / "README.md").write_text(f"{card}\n## Rights\n\nMay it?\n")
    assert plan_repository(dataset, REPO, RIGHTS).files["README.md"] == expected


def test_no_dataset(tmp_path: Path, make: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match="holds no dataset"):
        prepare_repository(tmp_path, REPO)
