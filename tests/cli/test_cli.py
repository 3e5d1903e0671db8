"""The command line, as a person or a program uses it: each command once as a process, and real files."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from click import Context
from PIL import Image

from h5modules.data_saving import DataLoader
from pymodaq_hsi.cli.app import COMMANDS, app, main
from pymodaq_hsi.envi import write_envi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

CUBE_NODE = "/RawData/Scan000/Detector000/DataND/CH00/EnlData00"


def start(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pymodaq_hsi.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=100, check=False)


@pytest.fixture
def run(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Return what gives a command as `start` does, in this process."""
    envi = logging.getLogger("pymodaq_hsi.envi")
    before = signal.getsignal(signal.SIGTERM), envi.level

    def give(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        if cwd is not None:
            monkeypatch.chdir(cwd)
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(words, ended.value.code, *capfd.readouterr())

    yield give
    signal.signal(signal.SIGTERM, before[0])
    envi.setLevel(before[1])


def one_error_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    return errors[0]


@pytest.fixture(scope="module")
def data() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 65536, (25, 12, 8)).astype("uint16")


@pytest.fixture
def cube(data: np.ndarray, tmp_path: Path) -> Path:
    write_envi(tmp_path / "my.hdr", data, wavelengths=np.linspace(400, 900, 8), interleave="bsq")
    return tmp_path / "my.hdr"


def test_demo_does_the_main_job_and_says_how_well(tmp_path: Path, run: Run) -> None:
    begun = time.monotonic()
    done = start("demo", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 90
    assert str(tmp_path / "demo.h5") in done.stdout
    assert str(tmp_path / "demo.png") in done.stdout
    errors = [float(number) for number in re.findall(r"^  .+ (0\.\d+)$", done.stdout, re.MULTILINE)]
    assert len(errors) == 25
    assert max(errors) < 0.01
    with Image.open(tmp_path / "demo.png") as picture:
        assert picture.size == (640, 400)
        assert picture.mode == "RGB"
    again = run("demo", "--output", tmp_path)
    assert "demo.h5 exists already" in one_error_line(again)


def test_devices_are_listed_for_people_and_for_programs(run: Run) -> None:
    listed = start("devices")
    assert listed.returncode == 0, listed.stderr
    assert "VirtualHyperCamera" in listed.stdout
    found = json.loads(run("devices", "--type", "light", "--json").stdout)
    assert [driver["name"] for driver in found["drivers"]] == ["VirtualLight"]
    assert found["devices"][0]["identity"] == "VirtualLight:VL-0"
    assert found["errors"] == []


def test_a_cube_of_ones_own_comes_back_bit_for_bit(cube: Path, data: np.ndarray, tmp_path: Path, run: Run) -> None:
    checked = json.loads(run("record", "--cube", cube, "--dry-run", "--json", "--output", tmp_path / "my.h5").stdout)
    assert (checked["event"], checked["ok"], checked["points"]) == ("check", True, 25)
    assert not (tmp_path / "my.h5").exists()
    done = run("record", "--cube", cube, "--output", tmp_path / "my.h5", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["lines"], result["dropped"], result["value"]) == (25, 0, "Intensity")
    with DataLoader(result["file"]) as loader:
        np.testing.assert_array_equal(loader.load_data(result["node"])[0], data)


def test_references_given_as_cubes_make_reflectance(cube: Path, data: np.ndarray, tmp_path: Path, run: Run) -> None:
    white = np.full((5, 12, 8), 60000, "uint16")
    dark = np.full((3, 12, 8), 100, "uint16")
    write_envi(tmp_path / "w.hdr", white)
    write_envi(tmp_path / "d.hdr", dark)
    done = run(
        *("record", "--cube", cube, "--white", tmp_path / "w.hdr", "--dark", tmp_path / "d.hdr"),
        *("--output", tmp_path / "my.h5"),
    )
    assert done.returncode == 0, done.stderr
    with DataLoader(tmp_path / "my.h5") as loader:
        got = loader.load_data(CUBE_NODE)[0]
    np.testing.assert_allclose(got, (data.astype(float) - 100) / 59900, rtol=1e-6, atol=1e-9)


def test_references_are_taken_and_parameters_set(tmp_path: Path, run: Run) -> None:
    done = run(
        *("record", "--white", 5, "--dark", 5, "--lines", 20, "--set", "PixelCount=100", "--set", "ExposureTime=4"),
        *("--output", tmp_path / "scene.h5", "--json"),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["shape"] == [20, 100, 224]


def test_show_prints_the_tree_and_writes_pictures(cube: Path, tmp_path: Path, run: Run) -> None:
    assert run("record", "--cube", cube, "--output", tmp_path / "my.h5").returncode == 0
    shown = start("show", tmp_path / "my.h5")
    assert shown.returncode == 0, shown.stderr
    for word in ("Scan000", "EnlData00", "25", "12", "8", "Wavelength", "nm"):
        assert word in shown.stdout
    assert run("show", tmp_path / "my.h5", "--picture", tmp_path / "my.png").returncode == 0
    assert run("show", tmp_path / "my.h5", "--picture", tmp_path / "band.png", "--band", 650).returncode == 0
    with Image.open(tmp_path / "my.png") as colour, Image.open(tmp_path / "band.png") as grey:
        assert (colour.size, colour.mode) == ((12, 25), "RGB")
        assert (grey.size, grey.mode) == ((12, 25), "L")
    tree = json.loads(run("show", tmp_path / "my.h5", "--json").stdout)
    assert tree["path"] == "/"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cube", "nothing.hdr"], "nothing.hdr"),
        (["--driver", "VirtualHyperCamra"], "Did you mean VirtualHyperCamera"),
        (["--driver", "VirtualLight"], "not a camera"),
        (
            ["--set", "ExposureTime=1e9"],
            "ExposureTime = '1e9' is refused: it takes a number from 0.01 to 10000 ms",
        ),
        (["--set", "ExposureTme=5"], "Did you mean ExposureTime"),
        (["--value", "reflectance"], "needs a white reference"),
        (["--cube", "my.hdr", "--white", "other.hdr"], "(5, 3)"),
        (["--output", "no/such/folder/x.h5"], "no folder"),
        (["--output", "there.h5"], "there.h5 exists already"),
        (["--output", "x.txt"], "ends in .h5"),
        (["--output", "my.hdr", "--cube", "my.hdr", "--overwrite"], "is read and cannot be the output"),
        (["--cube", "my.hdr", "--white", "5"], "give --white FILE"),
        (["--cube", "short.hdr"], "says lines = 25"),
    ],
)
def test_bad_input_is_one_readable_line_and_nothing_is_written(
    cube: Path, tmp_path: Path, words: list[str], said: str, run: Run
) -> None:
    write_envi(tmp_path / "other.hdr", np.zeros((4, 5, 3), "uint16"))
    write_envi(tmp_path / "short.hdr", np.zeros((25, 5, 3), "uint16"))
    (short,) = (path for path in tmp_path.glob("short*") if path.suffix != ".hdr")
    short.write_bytes(short.read_bytes()[: 20 * 5 * 3 * 2])
    (tmp_path / "there.h5").write_text("precious")
    output = [] if "--output" in words else ["--output", "x.h5"]
    done = run("record", "--lines", 5, *words, *output, cwd=tmp_path)
    assert said in one_error_line(done)
    assert not (tmp_path / "x.h5").exists()
    assert (tmp_path / "there.h5").read_text() == "precious"


def test_a_header_that_contradicts_its_data_is_told_with_both_sizes(cube: Path, tmp_path: Path, run: Run) -> None:
    cube.write_text(cube.read_text().replace("samples = 12", "samples = 12000"))
    line = one_error_line(run("record", "--cube", cube, "--output", tmp_path / "x.h5"))
    assert "my" in line
    assert "4800" in line  # bytes that are there


def test_wrong_command_lines_end_with_two(tmp_path: Path, run: Run) -> None:
    assert run("record", "--output", "x.h5", "--set", "ExposureTime").returncode == 2
    assert run("record").returncode == 2
    assert run("record", "--white", tmp_path / "none.hdr", "--output", "x.h5").returncode == 2


def test_show_takes_any_hdf5_file_and_never_writes_over_it(tmp_path: Path, run: Run) -> None:
    with h5py.File(tmp_path / "any.h5", "w") as file:
        file.attrs["list"] = np.arange(3)
        file["array"] = np.zeros((2, 3))
    shown = run("show", tmp_path / "any.h5")
    assert shown.returncode == 0, shown.stderr
    assert "list = [0, 1, 2]" in shown.stdout
    before = (tmp_path / "any.h5").read_bytes()
    line = one_error_line(run("show", tmp_path / "any.h5", "--picture", tmp_path / "any.h5", "--overwrite"))
    assert "cannot be the output" in line
    assert (tmp_path / "any.h5").read_bytes() == before
    assert "is a folder" in one_error_line(run("show", tmp_path))
    assert "/nope" in one_error_line(run("show", tmp_path / "any.h5", "--node", "/nope"))


def test_debug_adds_the_traceback(run: Run) -> None:
    done = run("record", "--driver", "Nobody", "--lines", 3, "--output", "x.h5", "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_ctrl_c_keeps_what_was_recorded(cube: Path, data: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "long.h5"
    command = [sys.executable, "-m", "pymodaq_hsi.cli", "record", "--cube", str(cube), "--lines", "100000"]
    process = subprocess.Popen(
        [*command, "--set", "FrameRate=200", "--output", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (path.exists() and path.stat().st_size > 100_000) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    kept = int(re.search(r"stopped after (\d+) of 100000 lines", errors).group(1))  # type: ignore[union-attr]
    with DataLoader(path) as loader:
        got = loader.load_data(CUBE_NODE)[0]
    assert len(got) == kept > 0
    np.testing.assert_array_equal(got[-1], data[(kept - 1) % 25])


def test_the_list_of_commands_is_true_and_costs_no_imports() -> None:
    for name, (_, text) in COMMANDS.items():
        command = app.get_command(Context(app), name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str(500) == text
    heavy = (
        "import sys; from pymodaq_hsi.cli.app import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert not {"numpy", "tables", "pydantic", "PIL"} & set(done.stdout.split())
