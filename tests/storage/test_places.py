"""Where files go: names that are refused, numbers that come once."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pymodaq_hsi.errors import OutputError, StorageError
from pymodaq_hsi.storage import DataStorage

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Bench

ILLEGAL = ["", ".", "..", "a/b", "a\\b", "a:b", "a*", "a?", 'a"', "<a>", "a|b", "a\0", "a\n", " a", "a ", "a.", ".a"]
ILLEGAL += ["CON", "nul.txt", "com1", "LPT9", "x" * 201, "ü" * 101, "a\ud800", "/etc/x", "../x"]


@pytest.mark.parametrize("name", [*ILLEGAL, 3, None, b"x"])
def test_a_name_that_no_file_can_have_everywhere_is_refused_and_the_one_before_stays(bench: Bench, name: Any) -> None:
    with pytest.raises(StorageError, match="name"):
        bench.storage.name = name
    assert bench.storage.name == "run"


@pytest.mark.parametrize(
    "folder", [n for n in ILLEGAL if n not in ("", "a/b", "a\\b")] + ["a/../b", "a//b", "/a", "a/"]
)
def test_a_folder_stays_below_the_base(bench: Bench, folder: str) -> None:
    with pytest.raises(StorageError, match="folder"):
        bench.storage.folder = folder
    assert bench.storage.folder == ""


@pytest.mark.parametrize("base", ["", "../x", "a/../../x", "a\0b", 3, None])
def test_a_base_has_no_way_up_in_it(bench: Bench, base: Any) -> None:
    with pytest.raises(StorageError, match="base"):
        bench.storage.base = base
    assert bench.storage.base == str(bench.folder)


@settings(max_examples=40)
@given(text=st.text(max_size=12))
def test_whatever_is_accepted_as_a_name_is_one_in_the_folder(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    storage = DataStorage(base=str(tmp_path_factory.getbasetemp()), numbered=False)
    try:
        storage.name = text
    except StorageError:
        assert storage.name == "data"
    else:
        path = storage.place.path(None)
        assert path.parent == tmp_path_factory.getbasetemp()
        assert path.stem == text


def test_folders_are_made_when_a_run_begins_and_not_before(bench: Bench) -> None:
    bench.storage.folder = "2024/leaves and soil"
    assert bench.storage.getNumber() == 1
    assert not list(bench.folder.iterdir())
    bench.run({(0,): 1.0}, (1,))
    assert (bench.folder / "2024/leaves and soil/run_1.h5").is_file()


def test_a_number_does_not_come_again_when_its_file_is_deleted(bench: Bench) -> None:
    for number in (1, 2):
        assert bench.storage.getNumber() == number
        bench.run({(0,): 1.0}, (1,))
        assert bench.storage.path is not None
        bench.storage.path.unlink()
    assert bench.storage.getNumber() == 3
    bench.storage.name = "other"
    assert bench.storage.getNumber() == 1


def test_numbers_go_on_after_files_that_others_have_put_there(bench: Bench) -> None:
    (bench.folder / "run_7.h5").touch()
    (bench.folder / "run_9.npz").touch()
    assert bench.storage.getNumber() == 10
    bench.run({(0,): 1.0}, (1,))
    (bench.folder / "run_11.h5").touch()
    assert bench.storage.getNumber() == 12
    bench.run({(0,): 1.0}, (1,))
    assert bench.storage.path == bench.folder / "run_12.h5"


def test_number_changed_is_said_when_it_has_changed_and_only_then(bench: Bench) -> None:
    storage = bench.storage
    storage.name, storage.folder, storage.base = storage.name, "elsewhere", str(bench.folder)
    storage.numbered = True
    assert bench.said == []
    storage.numbered = False
    storage.numbered = True
    storage.folder = ""
    bench.run({(0,): 1.0}, (1,))
    storage.folder = "elsewhere"
    storage.folder = "other"
    assert bench.values("numberChanged") == [None, 1, 2, 1]


def test_the_next_number_takes_no_longer_in_a_folder_of_many_files(bench: Bench) -> None:
    bench.run({(0,): 1.0}, (1,))
    counted: list[str] = []
    for k in range(2000):
        (bench.folder / f"note {k}.txt").touch()

    def audit(event: str, args: tuple[Any, ...]) -> None:
        if event == "os.scandir" and counting:
            counted.append(str(args[0]))

    counting = True
    sys.addaudithook(audit)
    assert bench.storage.getNumber() == 2
    bench.storage.reserve((1,))
    assert bench.storage.getNumber() == 3
    counting = False
    assert str(bench.folder) not in counted  # nobody has looked through it


_CLAIM = """
import sys
from pymodaq_hsi.storage import DataStorage
storage = DataStorage(base=sys.argv[1], name="run")
sys.stdin.readline()
for _ in range(15):
    storage.reserve((1,))
    print(storage.path.name)
storage.close()
"""


def test_two_processes_never_get_one_number(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _CLAIM, str(tmp_path)]
    with contextlib.ExitStack() as stack:
        both = []
        for _ in range(2):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            both.append(stack.enter_context(process))
            stack.callback(process.kill)
        names = [name for process in both for name in process.communicate("go\n", timeout=60)[0].split()]
    assert sorted(names) == sorted(f"run_{number}.h5" for number in range(1, 31))


def test_a_folder_that_cannot_be_written_is_found_out_before_the_run(bench: Bench) -> None:
    (bench.folder / "taken").touch()
    bench.storage.folder = "taken"
    with pytest.raises(OutputError, match=r"taken.*(exists|Not a directory)"):
        bench.storage.reserve((2,))
    assert bench.storage.state == "idle"
    bench.storage.folder = ""
    bench.run({(0,): 1.0, (1,): np.nan}, (2,))
    assert bench.storage.path == bench.folder / "run_1.h5"


@pytest.mark.parametrize(
    "wrong", [{"late": "x"}, {"late": -1.0}, {"late": float("nan")}, {"memory": -1}, {"memory": True}]
)
def test_limits_that_are_none_are_refused_before_a_run(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(StorageError, match="give a number of 0 or more"):
        DataStorage(base=tmp_path, **wrong)
