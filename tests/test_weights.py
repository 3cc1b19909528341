import functools
import hashlib
import http.server
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from romnet_bench import weights
from romnet_bench.errors import WeightsError

TENSORS = {"features.0.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4)}


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("alexnet", "alexnet-owt-7be5be79.pth"),
        ("squeezenet1_1", "squeezenet1_1-b8a52dc0.pth"),
        ("resnet34", "resnet34-b627a593.pth"),
        ("vgg19", "vgg19-dcbb9e9d.pth"),
    ],
)
def test_sources_are_torchvision_s(name, url):
    from torchvision.models import get_model_weights

    source = weights.SOURCES[name]
    assert source.url == get_model_weights(name).IMAGENET1K_V1.url
    assert source.file_names == (f"{name}-features.safetensors", f"{name}.safetensors", url)
    assert url == f"{url.rpartition('-')[0]}-{source.sha256}.pth"


def test_order_of_places(tmp_path, no_weights, monkeypatch):
    assert weights.find("alexnet") is None
    no_weights.mkdir(parents=True)
    cached = no_weights / "alexnet-owt-7be5be79.pth"
    cached.touch()
    assert weights.find("alexnet") == cached
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setenv("ROMNET_BENCH_WEIGHTS", str(folder))
    assert weights.find("alexnet") == cached
    (folder / "alexnet-features.safetensors").touch()
    assert weights.find("alexnet") == folder / "alexnet-features.safetensors"
    explicit = tmp_path / "mine.pth"
    explicit.touch()
    assert weights.find("alexnet", explicit) == explicit
    assert weights.find("alexnet", folder) == folder / "alexnet-features.safetensors"
    assert weights.require("alexnet") == folder / "alexnet-features.safetensors"
    assert weights.find("vgg19") is None


def test_an_explicit_file_is_final_and_a_folder_only_first(tmp_path, no_weights, monkeypatch):
    no_weights.mkdir(parents=True)
    (no_weights / "alexnet-owt-7be5be79.pth").touch()
    with pytest.raises(WeightsError, match=r"gone\.pth does not exist"):
        weights.find("alexnet", tmp_path / "gone.pth")
    named = tmp_path / "named"
    named.mkdir()
    assert weights.find("alexnet", tmp_path) == no_weights / "alexnet-owt-7be5be79.pth"
    (named / "alexnet.safetensors").touch()
    monkeypatch.setenv("ROMNET_BENCH_WEIGHTS", str(named))
    assert weights.find("alexnet", tmp_path) == named / "alexnet.safetensors"
    with pytest.raises(WeightsError, match=f"put it into {tmp_path}"):
        weights.require("vgg19", tmp_path)


def test_missing_weights_say_what_to_fetch_and_where_to_put_it(no_weights):
    with pytest.raises(WeightsError) as caught:
        weights.require("resnet34")
    message = str(caught.value)
    assert "https://download.pytorch.org/models/resnet34-b627a593.pth" in message
    assert "$ROMNET_BENCH_WEIGHTS" in message
    assert str(no_weights) in message


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
def test_load_round_trip(tmp_path, suffix):
    path = tmp_path / f"w{suffix}"
    if suffix == ".safetensors":
        save_file(TENSORS, path)
    else:
        torch.save(TENSORS, path)
    loaded = weights.load(path)
    assert loaded.keys() == TENSORS.keys()
    assert all(torch.equal(loaded[key], TENSORS[key]) for key in TENSORS)
    assert weights.fingerprint(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def saved(path: Path, content: object, legacy: bool) -> Path:
    """As torch saves today, or as it did before 2020."""
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


@pytest.mark.parametrize("legacy", [True, False])
def test_tensors_in_a_container(tmp_path, legacy):
    module = torch.nn.BatchNorm2d(3)
    state = module.state_dict()  # ordered, with a note of its own
    beside = {"step": 7, "opt": {"lr": 1e-3, "params": [0, 1]}, "names": ["a"]}
    path = saved(tmp_path / "w.pth", {"model": state, **beside}, legacy)
    loaded = weights.load(path, inside="model")
    assert type(loaded) is dict
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[key], state[key]) for key in state)
    weights.require_readable(path)
    for inside in (None, "params", "opt", "step"):
        with pytest.raises(WeightsError, match="something other than named tensors"):
            weights.load(path, inside=inside)


@pytest.mark.parametrize("legacy", [True, False])
def test_a_container_is_taken_only_where_there_is_one(tmp_path, legacy):
    flat = {"model": torch.ones(2), "bias": torch.zeros(1)}  # a tensor of the container's name
    path = saved(tmp_path / "w.pth", flat, legacy)
    assert weights.load(path, inside="model").keys() == flat.keys()
    assert weights.load(path, inside="params").keys() == flat.keys()
    save_file(flat, tmp_path / "w.safetensors")
    assert weights.load(tmp_path / "w.safetensors", inside="model").keys() == flat.keys()


@pytest.mark.parametrize("content", [{}, {"model": {}}, {"a": 1}, [torch.ones(1)], torch.ones(1)])
def test_a_file_without_named_tensors_is_not_readable(tmp_path, content):
    path = saved(tmp_path / "w.pth", content, legacy=False)
    with pytest.raises(WeightsError, match="something other than named tensors"):
        weights.require_readable(path)


class Touch:
    """Unpickled, this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("legacy", [True, False])
def test_code_in_a_pickle_never_runs(tmp_path, legacy):
    path, written = tmp_path / "evil.pth", tmp_path / "written"
    if legacy:
        path.write_bytes(pickle.dumps(Touch(written)))
    else:
        torch.save({"a": Touch(written)}, path)
    with pytest.raises(WeightsError, match=r"evil\.pth holds no weights") as caught:
        weights.load(path)
    assert not written.exists()
    assert "\n" not in str(caught.value)
    assert "it is a pickle" in str(caught.value)


@pytest.mark.parametrize("legacy", [True, False])
def test_what_a_pickle_would_run_is_named(tmp_path, legacy):
    path = saved(tmp_path / "evil.pth", {"a": torch.ones(1), "b": Path("x")}, legacy)
    for use in (weights.load, weights.require_readable):
        with pytest.raises(
            WeightsError, match=r"would run pathlib\.PosixPath, which is never done"
        ):
            use(path)


@pytest.mark.parametrize("content", [{"a": 1}, [torch.ones(1)], {"a": {"b": torch.ones(1)}}])
def test_other_content_is_refused(tmp_path, content):
    path = tmp_path / "w.pth"
    torch.save(content, path)
    with pytest.raises(WeightsError, match=r"w\.pth holds something other than named tensors"):
        weights.load(path)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(1).expand(10**6, 10**6),  # 4 TB in one number
        torch.ones(2, 2).to_sparse(),
        torch.empty(2, 2, device="meta"),
    ],
)
def test_tensors_that_are_not_all_there_are_refused(tmp_path, tensor):
    path = tmp_path / "odd.pth"
    torch.save({"good": torch.ones(2), "odd": tensor}, path)
    for read in (weights.load, weights.require_readable):
        with pytest.raises(WeightsError, match="something other than named tensors"):
            read(path)


def test_missing_file_folder_and_other_suffix(tmp_path):
    with pytest.raises(WeightsError, match="does not exist"):
        weights.load(tmp_path / "gone.safetensors")
    with pytest.raises(WeightsError, match="does not exist"):
        weights.load(tmp_path / "gone.pth")
    (tmp_path / "folder.pth").mkdir()
    with pytest.raises(WeightsError, match=r"folder\.pth holds no weights"):
        weights.load(tmp_path / "folder.pth")
    (tmp_path / "w.bin").touch()
    with pytest.raises(WeightsError, match=r"must end in \.safetensors"):
        weights.load(tmp_path / "w.bin")


def zipped() -> bytes:
    import io

    buffer = io.BytesIO()
    torch.save(TENSORS, buffer)
    return buffer.getvalue()


def legacy() -> bytes:
    import io

    buffer = io.BytesIO()
    torch.save(TENSORS, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_files_give_tensors_or_one_sentence(tmp_path, data):
    """Cut short or with bytes changed: never another exception."""
    suffix, whole = data.draw(
        st.sampled_from([(".safetensors", save(TENSORS)), (".pth", zipped()), (".pth", legacy())])
    )
    content = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 4)) if content else 0):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(content)
    message = ""
    try:
        loaded = weights.load(path)
    except WeightsError as error:
        loaded, message = {}, str(error)
    assert all(isinstance(value, torch.Tensor) for value in loaded.values())
    assert not message or f"damaged{suffix} holds" in message
    assert "\n" not in message


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A loopback server of `tmp_path/served`; gives its address."""
    served = tmp_path / "served"
    served.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def serve_from(monkeypatch: pytest.MonkeyPatch, address: str, sha256: str) -> None:
    source = weights.Source("alexnet", f"{address}/alexnet-owt-7be5be79.pth", sha256)
    monkeypatch.setitem(weights.SOURCES, "alexnet", source)


def test_download_is_checked_and_cached(tmp_path, server, no_weights, monkeypatch, capsys):
    torch.save(TENSORS, tmp_path / "served" / "alexnet-owt-7be5be79.pth")
    content = (tmp_path / "served" / "alexnet-owt-7be5be79.pth").read_bytes()
    serve_from(monkeypatch, server, hashlib.sha256(content).hexdigest()[:8])
    with pytest.raises(WeightsError, match="missing"):
        weights.require("alexnet")
    path = weights.require("alexnet", download=True)
    assert path == no_weights / "alexnet-owt-7be5be79.pth"
    assert path.read_bytes() == content
    assert "100%" in capsys.readouterr().err
    assert weights.find("alexnet") == path
    assert [file.name for file in no_weights.iterdir()] == [path.name]


def test_wrong_checksum_is_refused_and_nothing_left(tmp_path, server, no_weights, monkeypatch):
    (tmp_path / "served" / "alexnet-owt-7be5be79.pth").write_bytes(b"something else")
    serve_from(monkeypatch, server, "7be5be79")
    with pytest.raises(WeightsError, match="does not have the SHA-256 7be5be79"):
        weights.require("alexnet", download=True)
    assert list(no_weights.iterdir()) == []
    assert weights.find("alexnet") is None


def test_server_errors_are_one_sentence(server, no_weights, monkeypatch):
    serve_from(monkeypatch, server, "7be5be79")
    with pytest.raises(WeightsError, match=r"could not be downloaded \(HTTP Error 404") as caught:
        weights.require("alexnet", download=True)
    assert "$ROMNET_BENCH_WEIGHTS" in str(caught.value)
    assert list(no_weights.iterdir()) == []


def test_no_server_is_one_sentence(no_weights, monkeypatch):
    import socket

    with socket.socket() as free:  # a port that nobody listens on
        free.bind(("127.0.0.1", 0))
        serve_from(monkeypatch, f"http://127.0.0.1:{free.getsockname()[1]}", "7be5be79")
        with pytest.raises(WeightsError, match=r"could not be downloaded .*refused"):
            weights.require("alexnet", download=True)
    assert list(no_weights.iterdir()) == []
