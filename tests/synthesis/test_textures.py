"""Scanned textures: which file is what, and what becomes of it."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from romnet_bench.errors import UserError
from romnet_bench.images import Picture
from romnet_bench.synthesis.degrade import degrade
from romnet_bench.synthesis.recipe import Recipe, load_recipe
from romnet_bench.synthesis.textures import open_textures


def certain(kind: str) -> Recipe:
    recipe = load_recipe("old-photos")
    steps = [step for step in recipe.degradations if step.kind == kind]
    return recipe.model_copy(
        update={"degradations": [step.model_copy(update={"probability": 1.0}) for step in steps]}
    )


def grey(height: int = 90, width: int = 130) -> Picture:
    return np.full((height, width), 90, np.uint8)


def save_paper(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(180, 20, (64, 80)).clip(20, 235)
    Image.fromarray(noise.astype(np.uint8)).save(path)


def save_crack(path: Path, inverted: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((64, 80), np.uint8)
    mask[:, 38:42] = mask[30:33] = 255
    Image.fromarray(255 - mask if inverted else mask).save(path)


def test_files_are_told_apart_by_name_or_by_content(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    save_paper(folder / "a.png")
    save_crack(folder / "b.png")
    save_paper(folder / "Cracks" / "c.png")
    save_crack(folder / "papers" / "d.png")
    scans = open_textures(folder)
    assert scans.papers == ("a.png", "papers/d.png")
    assert scans.cracks == ("Cracks/c.png", "b.png")
    assert scans.skipped == ()


def test_what_cannot_be_read_is_skipped_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    save_paper(folder / "good.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nonsense")
    (folder / "notes.txt").write_text("no picture")
    scans = open_textures(folder)
    assert scans.papers == ("good.png",)
    assert len(scans.skipped) == 1
    assert "broken.png" in scans.skipped[0]


def test_a_folder_without_scans_is_a_mistake(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(UserError, match="--textures") as caught:
            open_textures(folder)
        assert str(folder) in str(caught.value)
    (tmp_path / "broken.png").write_bytes(b"nonsense")
    with pytest.raises(UserError, match="1 could not be read"):
        open_textures(tmp_path)


def test_the_fingerprint_changes_with_the_pixels(tmp_path: Path) -> None:
    save_paper(tmp_path / "scans" / "a.png", seed=0)
    before = open_textures(tmp_path / "scans").fingerprint
    assert open_textures(tmp_path / "scans").fingerprint == before
    save_paper(tmp_path / "other" / "a.png", seed=1)
    assert open_textures(tmp_path / "other").fingerprint != before


def test_scans_take_the_place_of_made_up_textures(tmp_path: Path) -> None:
    save_paper(tmp_path / "scans" / "a.png")
    save_crack(tmp_path / "scans" / "b.png")
    scans = open_textures(tmp_path / "scans")
    for kind, name in (("dust_paper", "a.png"), ("cracks", "b.png")):
        scanned = degrade(grey(), "x", certain(kind), scans)
        assert scanned.steps[0]["scan"] == name
        made_up = degrade(grey(), "x", certain(kind))
        assert "scan" not in made_up.steps[0]
        assert not np.array_equal(scanned.picture, made_up.picture)


def test_scans_of_one_sort_leave_the_other_sort_made_up(tmp_path: Path) -> None:
    save_paper(tmp_path / "scans" / "a.png")
    scans = open_textures(tmp_path / "scans")
    with_scans = degrade(grey(), "x", certain("cracks"), scans)
    assert np.array_equal(with_scans.picture, degrade(grey(), "x", certain("cracks")).picture)


def test_a_mask_works_either_way_round(tmp_path: Path) -> None:
    save_crack(tmp_path / "one" / "crack.png")
    save_crack(tmp_path / "two" / "crack.png", inverted=True)
    results = [
        degrade(grey(), "x", certain("cracks"), open_textures(tmp_path / name))
        for name in ("one", "two")
    ]
    assert np.array_equal(results[0].picture, results[1].picture)
    assert 0 < (results[0].mask > 128).mean() < 0.3


def test_scans_travel_to_other_processes(tmp_path: Path) -> None:
    save_paper(tmp_path / "scans" / "a.png")
    scans = open_textures(tmp_path / "scans")
    content = pickle.dumps(scans)
    assert len(content) < 2000
    copy = pickle.loads(content)
    first = degrade(grey(), "x", certain("dust_paper"), scans)
    second = degrade(grey(), "x", certain("dust_paper"), copy)
    assert np.array_equal(first.picture, second.picture)


def test_real_scans_of_paper_and_cracks(shared: Path) -> None:
    papers = open_textures(shared / "data" / "paper-textures")
    cracks = open_textures(shared / "data" / "crack-masks")
    assert (len(papers.papers), len(papers.cracks)) == (7, 0)
    assert (len(cracks.papers), len(cracks.cracks)) == (0, 118)
    for identity in "abc":
        for kind, scans in (("dust_paper", papers), ("cracks", cracks)):
            one = degrade(grey(200, 301), identity, certain(kind), scans)
            two = degrade(grey(200, 301), identity, certain(kind), scans)
            assert np.array_equal(one.picture, two.picture)
            assert one.mask.any()
