"""Everything that a saver writes, the other's loader reads: h5modules and pymodaq_data, both ways, every class.

Where pymodaq_data does not do what its documentation says, the tables below say what it loses, and the tests hold it to
exactly that; nothing of it is asked of h5modules.
"""

from __future__ import annotations

import functools
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCRIPT = Path(__file__).with_name("scenarios.py")
WORLD = SimpleNamespace(**runpy.run_path(str(SCRIPT)))
OURS = WORLD.model("h5modules")
NEW, OLD = "5.3", "5.0"
PEERS = [NEW, pytest.param(OLD, marks=pytest.mark.pymodaq_5_0)]
PYTHON_OF_OLD = "PYMODAQ_5_0_PYTHON"

ROW_BY_ROW = {
    "background_of_a_scan",
    "blocks",
    "enlargeable",
    "first_half",
    "enlargeable_sets",
    "timed_sets",
    "extended",
    "scans",
}
"""Scenarios whose savers, in pymodaq_data, write neither units nor extra attributes; 5.0 no error bars either."""

ONLY_OURS = {"rich"}
"""What pymodaq_data can neither write nor read."""

NOT_WRITTEN_BY_THEM = {"error_sets"}
"""Its add_error saves backgrounds."""

NOT_READ_BY_THEM = {"messages", "dark_background"}
"""Its log is pickles; its differences of unsigned integers wrap."""

ANY = object()
"""Stands for what cannot be foreseen: pymodaq_data gives the first row of a block the time of the moment."""


class Peer:
    """A process with pymodaq_data in it."""

    def __init__(self, python: str, home: Path) -> None:
        environment = os.environ | {"HOME": str(home), "USERPROFILE": str(home)}
        self.process = subprocess.Popen(
            [python, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment, text=True, encoding="utf-8",
        )  # fmt: skip
        self.hello = self._reply()

    def _reply(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the process with pymodaq_data has ended, with code {self.process.wait(10)}"
        return json.loads(line)

    def _ask(self, **task: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        reply = self._reply()
        assert "failed" not in reply, reply["failed"]
        return reply

    def write(self, name: str, path: Path, backend: str, compressed: bool) -> None:
        self._ask(do="write", name=name, path=str(path), backend=backend, compressed=compressed)

    def go_on(self, path: Path, backend: str) -> None:
        self._ask(do="go_on", path=str(path), backend=backend)

    def load(self, path: Path, requests: list[dict[str, Any]], backend: str) -> list[Any]:
        return WORLD.unpacked(self._ask(do="load", path=str(path), requests=requests, backend=backend)["answers"])

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="session")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Peer]]:
    started: dict[str, Peer] = {}
    yield started
    for peer in started.values():
        peer.close()


@pytest.fixture
def peer(request: pytest.FixtureRequest, peers: dict[str, Peer], tmp_path_factory: pytest.TempPathFactory) -> Peer:
    """The process of the version that the test is for; it serves all tests of this session."""
    version = request.param
    if version not in peers:
        python = sys.executable if version == NEW else os.environ.get(PYTHON_OF_OLD)
        if not python:
            pytest.fail(
                f"{PYTHON_OF_OLD} is not set: make a virtual environment with 'pymodaq_data==5.0.27' "
                "'pymodaq_utils==1.0.11' 'numpy<2' tables h5py, and set it to the path of its Python"
            )
        peers[version] = Peer(python, tmp_path_factory.mktemp("home"))
        assert peers[version].hello["version"].startswith(version), peers[version].hello
    return peers[version]


def lost(name: str, version: str, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what of some data is in a file that pymodaq_data wrote."""
    if name not in ROW_BY_ROW:
        return expected
    less = {"units": "", "extra": {}}
    if version == OLD:
        less["errors"] = None
    if name == "blocks":
        less |= {"source": "calculated", "timestamp": ANY}
    return expected | less


def same(seen: Any, expected: Any, what: str) -> None:
    """Compare, arrays with their types."""
    if isinstance(expected, np.ndarray):
        assert isinstance(seen, np.ndarray), (what, seen)
        assert seen.dtype == expected.dtype, what
        np.testing.assert_allclose(seen, expected, rtol=1e-13, atol=1e-13, err_msg=what)
    elif isinstance(expected, dict):
        assert isinstance(seen, dict), f"{what}: {seen}"
        assert seen.keys() == expected.keys(), what
        for key in expected:
            same(seen[key], expected[key], f"{what} {key}")
    elif isinstance(expected, (list, tuple)):
        assert isinstance(seen, list), f"{what}: {seen}"
        assert len(seen) == len(expected), (what, seen, expected)
        for number, (one, other) in enumerate(zip(seen, expected, strict=True)):
            same(one, other, f"{what} [{number}]")
    elif expected is not ANY:
        assert (type(seen), seen) == (type(expected), expected), what


def compare(answers: list[Any], requests: list[dict[str, Any]], expected: list[Any]) -> None:
    assert len(answers) == len(requests) == len(expected) > 0
    for seen, request, wanted in zip(answers, requests, expected, strict=True):
        same(seen, wanted, str(request))


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bool], tuple[Path, Any]]:
    """What writes a scenario with our savers, once for all who read it: the file, and what has to be in it."""
    folder = tmp_path_factory.mktemp("ours")

    @functools.cache
    def written(name: str, compressed: bool) -> tuple[Path, Any]:
        path = folder / f"{name}-{compressed}.h5"
        return path, WORLD.write(OURS, name, str(path), compressed=compressed)

    return written


def shared(expect: Any, backend: str) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return what is asked for with a backend: all with PyTables; with h5py, twice as slow, no more than two."""
    step = 1 if backend == "tables" else -(-len(expect.requests) // 2)
    return expect.requests[::step], expect.answers[::step]


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "zlib"])
@pytest.mark.parametrize("name", WORLD.SCENARIOS)
def test_our_loader_reads_what_our_savers_wrote(
    name: str, compressed: bool, ours: Callable[[str, bool], tuple[Path, Any]]
) -> None:
    path, expect = ours(name, compressed)
    answers = WORLD.unpacked(WORLD.load(OURS, str(path), expect.requests))
    compare(answers, expect.requests, expect.answers)


@pytest.mark.parametrize("peer", PEERS, indirect=True)
@pytest.mark.parametrize("name", [name for name in WORLD.SCENARIOS if name not in ONLY_OURS | NOT_READ_BY_THEM])
def test_pymodaq_reads_what_our_savers_wrote(
    name: str, peer: Peer, ours: Callable[[str, bool], tuple[Path, Any]]
) -> None:
    for backend, compressed in (("tables", False), ("h5py", True)):
        path, expect = ours(name, compressed)
        requests, answers = shared(expect, backend)
        compare(peer.load(path, requests, backend), requests, answers)


@pytest.mark.parametrize("peer", PEERS, indirect=True)
@pytest.mark.parametrize("name", [name for name in WORLD.SCENARIOS if name not in ONLY_OURS | NOT_WRITTEN_BY_THEM])
def test_our_loader_reads_what_pymodaq_wrote(
    name: str, peer: Peer, tmp_path: Path, ours: Callable[[str, bool], tuple[Path, Any]]
) -> None:
    _, expect = ours(name, False)
    version = peer.hello["version"][:3]
    expected = [
        lost(name, version, wanted) if request["kind"] == "data" else wanted
        for request, wanted in zip(expect.requests, expect.answers, strict=True)
    ]
    for backend, compressed in (("tables", True), ("h5py", False)):
        if (name, version, backend) == ("blocks", OLD, "h5py"):
            continue  # it raises TypeError: no block of more than one row can be written with this backend
        path = tmp_path / f"{backend}.h5"
        peer.write(name, path, backend, compressed)
        answers = WORLD.unpacked(WORLD.load(OURS, str(path), expect.requests))
        compare(answers, expect.requests, expected)


@pytest.mark.parametrize("peer", PEERS, indirect=True)
def test_a_brighter_background_wraps_in_pymodaq_and_not_here(peer: Peer, tmp_path: Path) -> None:
    expect = WORLD.write(OURS, "dark_background", str(tmp_path / "a.h5"))
    (theirs,) = peer.load(tmp_path / "a.h5", expect.requests, "tables")
    np.testing.assert_array_equal(theirs["data"][0][0], [65534, 4])
    (ours,) = WORLD.load(OURS, str(tmp_path / "a.h5"), expect.requests)
    np.testing.assert_array_equal(WORLD.unpacked(ours)["data"][0][0], [-2, 4])


@pytest.mark.parametrize("peer", PEERS, indirect=True)
@pytest.mark.parametrize("backend", ["tables", "h5py"])
def test_either_goes_on_in_the_file_of_the_other(peer: Peer, backend: str, tmp_path: Path) -> None:
    """Appends to arrays and to the log that the other began."""
    names = ("begun_by_us.h5", "begun_by_them.h5")
    WORLD.write(OURS, "first_half", str(tmp_path / names[0]))
    peer.write("first_half", tmp_path / names[1], backend, False)
    peer.go_on(tmp_path / names[0], backend)
    WORLD.go_on(OURS, str(tmp_path / names[1]))
    for name in names:
        h5 = OURS.H5SaverLowLevel()
        h5.open_file(tmp_path / name, "r")
        node = "/RawData/Detector000/Data1D/CH00/EnlData00"
        loaded = OURS.DataLoader(h5).load_data(node)
        np.testing.assert_array_equal(loaded[0], np.arange(4.0)[:, None] * np.ones(5))
        np.testing.assert_array_equal(loaded.get_nav_axes()[0].get_data(), [1000.0, 1001.0, 1002.0, 1003.0])
        assert h5.get_node("/RawData/Logger").read() == ["first", "second"]
        h5.close_file()
