import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from romnet_bench.errors import UserError
from romnet_bench.methods import input as input_method
from romnet_bench.methods import registry
from romnet_bench.methods.contract import MethodOptions


def install(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """As if another package had declared an entry point."""
    entry = EntryPoint(name, value, registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] * (group == registry.GROUP))


def test_our_methods():
    assert {"input", "romnet"} <= set(registry.list_methods())
    assert registry.load_method("input", MethodOptions()).name == "input"


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(UserError, match=r"no method romnett: choose one of .*input.*romnet"):
        registry.load_method("romnett", MethodOptions())


def test_third_parties_join_by_entry_point(monkeypatch):
    install(monkeypatch, "theirs", "romnet_bench.methods.input:load")
    assert "theirs" in registry.list_methods()
    assert registry.load_method("theirs", MethodOptions()).label == "Input"


def test_our_names_cannot_be_taken_over(monkeypatch):
    install(monkeypatch, "input", "json:loads")
    assert registry.load_method("input", MethodOptions()).label == "Input"


@pytest.mark.parametrize("value", ["no_such_package_here:load", "json:no_such_function"])
def test_what_cannot_be_imported_is_one_sentence(monkeypatch, value):
    install(monkeypatch, "theirs", value)
    with pytest.raises(UserError, match=r"theirs .*cannot be imported"):
        registry.load_method("theirs", MethodOptions())


@pytest.mark.parametrize("value", ["builtins:repr", "json"])
def test_a_factory_must_give_a_method(monkeypatch, value):
    install(monkeypatch, "theirs", value)
    with pytest.raises(UserError, match="lacks a part of the contract"):
        registry.load_method("theirs", MethodOptions())


def test_options_reach_the_factory(monkeypatch):
    seen = []
    monkeypatch.setattr(
        input_method, "load", lambda options: seen.append(options) or input_method.Input()
    )
    registry.load_method("input", MethodOptions(device="cuda", color_side=64))
    assert seen == [MethodOptions(device="cuda", color_side=64)]


def test_listing_imports_no_models():
    code = (
        "import sys; from romnet_bench.methods.registry import list_methods; "
        "list_methods(); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
