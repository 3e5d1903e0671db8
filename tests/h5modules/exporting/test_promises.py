"""What every export keeps: nothing is overwritten or left half, what does not fit is told, any size passes through."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from h5modules.data import Axis, DataRaw
from h5modules.data_saving import DataEnlargeableSaver, DataLoader, DataSaverLoader
from h5modules.errors import CannotExport, FileExists, NodeKindError, NodeNotFound, UnknownFormat, WriteFailed
from h5modules.exporting import CubeView, StoredLoader, export, format_for, formats

if TYPE_CHECKING:
    from tests.h5modules.exporting.conftest import Scan

SCAN = "/RawData/Scan000"
FRAME = f"{SCAN}/Detector000/Data2D/CH00/Data00"


def saved(path: Path, data: DataRaw) -> Path:
    with DataSaverLoader(path) as saver:
        saver.add_data("/RawData", data)
    return path


@pytest.mark.parametrize("name", [known.name for known in formats()])
def test_a_file_that_is_there_is_kept_unless_overwriting_is_asked_for(scan: Scan, tmp_path: Path, name: str) -> None:
    first = export(scan.path, FRAME, tmp_path, to=name).files[0]
    with pytest.raises(FileExists, match="overwrite"):
        export(scan.path, FRAME, tmp_path, to=name)
    again = export(scan.path, FRAME, tmp_path, to=name, overwrite=True)
    assert again.files[0] == first
    assert not list(tmp_path.glob(".*"))


def test_the_file_that_is_exported_is_never_replaced(scan: Scan) -> None:
    with pytest.raises(FileExists, match="is the file that is exported"):
        export(scan.path, "/", scan.path, overwrite=True)


def test_without_a_name_the_export_lies_beside_the_source(tmp_path: Path) -> None:
    source = saved(tmp_path / "x.h5", DataRaw("d", data=[np.arange(3.0)]))
    assert export(source, to="csv").files == (tmp_path / "x.csv",)
    assert export(source, to="hdf5").files == (tmp_path / "x_export.h5",)


def test_a_damaged_source_leaves_nothing_behind_and_the_older_file_as_it_was(tmp_path: Path) -> None:
    source = saved(tmp_path / "x.h5", DataRaw("d", data=[np.arange(200000.0)]))
    (tmp_path / "x.npz").write_bytes(b"older")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(source, "/", tmp_path / "x.npz", overwrite=True, progress=interrupt)
    assert (tmp_path / "x.npz").read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.h5", "x.npz"]


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    source = saved(tmp_path / "x.h5", DataRaw("d", data=[np.arange(500000.0)]))
    script = """
        import resource, signal, sys
        from h5modules.errors import WriteFailed
        from h5modules.exporting import export
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
        try:
            export(sys.argv[1], "/", sys.argv[2])
        except WriteFailed as error:
            print(error)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(source), str(tmp_path / "x.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "cannot be written" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["x.h5"]


def test_what_is_wrong_is_told_before_anything_is_written(scan: Scan, tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="netcdf"):
        export(scan.path, to="word")
    with pytest.raises(UnknownFormat, match=r"\.nc"):
        export(scan.path, "/", tmp_path / "x.docx")
    with pytest.raises(NodeNotFound, match="Scan007"):
        export(scan.path, "/RawData/Scan007", tmp_path / "x.npz")
    with pytest.raises(NodeKindError, match="not data"):
        export(scan.path, f"{SCAN}/NavAxes/Axis00", tmp_path / "x.npz")
    with pytest.raises(NodeNotFound, match="no data"):
        export(scan.path, f"{SCAN}/NavAxes", tmp_path / "x.npz")
    with pytest.raises(WriteFailed, match="no folder"):
        export(scan.path, FRAME, tmp_path / "nowhere" / "x.npz")
    with pytest.raises(TypeError, match="compress"):
        export(scan.path, FRAME, tmp_path / "x.npz", level=3)
    with pytest.raises(CannotExport, match=r"\(5,\)"):
        export(scan.path, f"{SCAN}/Detector000/Data0D", tmp_path / "x.tif")
    assert not list(tmp_path.iterdir())


def test_several_data_become_several_files_where_a_format_holds_one(scan: Scan, tmp_path: Path) -> None:
    done = export(scan.path, SCAN, tmp_path / "x.csv")
    assert {path.name for path in done.files} == {"x_Frame.csv", "x_Spectrum.csv", "x_Power.csv"}
    done = export(scan.path, SCAN, tmp_path / "x.tif")
    assert [path.name for path in done.files] == ["x.tif"]
    assert any("(5,)" in why for why in done.skipped.values())
    done = export(scan.path, f"{SCAN}/Detector000/Data1D", tmp_path / "y.npy")
    assert {path.name for path in done.files} == {"y_Spectrum_a.npy", "y_Spectrum_b_c.npy"}


def test_data_of_one_name_in_several_scans_is_told_apart(tmp_path: Path) -> None:
    with DataSaverLoader(tmp_path / "x.h5") as saver:
        for _ in range(2):
            saver.add_data(saver.h5saver.add_scan_group(), DataRaw("d", data=[np.arange(3.0)]))
    done = export(tmp_path / "x.h5", to="csv")
    assert [path.name for path in done.files] == ["x_Scan000_d.csv", "x_Scan001_d.csv"]


def test_a_missing_library_is_told_with_the_command_that_installs_it(scan: Scan, tmp_path: Path) -> None:
    script = """
        import sys
        sys.modules["h5netcdf"] = None  # as if it were not installed
        from h5modules.exporting import export
        try:
            export(sys.argv[1], "/", sys.argv[2])
        except ImportError as error:
            print(error)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(scan.path), str(tmp_path / "x.nc")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "pip install h5netcdf" in done.stdout
    assert "pymodaq-hsi[export]" in done.stdout


def test_a_package_adds_a_format_and_a_broken_one_costs_only_its_own(scan: Scan, tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "extra-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "extra.py").write_text(
        "from h5modules.exporting import Format\n"
        "def write(job):\n"
        "    job.target.write_text(' '.join(data.name for data in job.data))\n"
        "NAMES = Format('names', ('.names',), 'Names of the data', write)\n"
        "NOTHING = 3\n"
    )
    (site / "leaves.py").write_text("raise SystemExit(3)\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
    entries = (
        "[pymodaq_hsi.exporters]\nnames = extra:NAMES\nbroken = nowhere:X\nnothing = extra:NOTHING\nleaves = leaves:X\n"
    )
    (info / "entry_points.txt").write_text(entries)
    words = ["export", str(scan.path), "--where", SCAN, "--output", str(tmp_path / "x.names")]
    command = [sys.executable, "-m", "pymodaq_hsi.cli", *words]
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.stdout.split() == [str(tmp_path / "x.names")]
    assert set((tmp_path / "x.names").read_text().split()) == {"Frame", "Spectrum", "Power"}
    assert "nowhere" in done.stderr
    assert "leaves" in done.stderr
    assert "NOTHING" in done.stderr


def test_every_format_is_found_by_its_endings() -> None:
    for known in formats():
        for suffix in known.suffixes:
            assert format_for(Path(f"a.b{suffix.upper()}")) == known


@settings(max_examples=15)
@given(
    arrays.arrays(
        st.sampled_from(["u1", "i2", "f4", "f8", ">u2", "?"]).map(np.dtype),
        arrays.array_shapes(min_dims=1, max_dims=4, max_side=5),
    ),
    st.sampled_from([1, 16, 64, 1 << 20]),
)
def test_blocks_are_the_array_in_order(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, size: int) -> None:
    path = saved(tmp_path_factory.mktemp("blocks") / "x.h5", DataRaw("d", data=[array]))
    with StoredLoader(path) as loader:
        (data,) = loader.stored("/RawData/Data00")
        found = np.full(array.shape, 77).astype(array.dtype)
        pieces = []
        for selection, block in data.arrays[0].blocks(size):
            found[selection] = block
            pieces.append(block.ravel())
    np.testing.assert_array_equal(found, array)
    np.testing.assert_array_equal(np.concatenate(pieces), array.ravel())


def test_growing_data_has_its_navigation_axis(tmp_path: Path) -> None:
    with DataEnlargeableSaver(tmp_path / "x.h5", enl_axis_names=["Time"], enl_axis_units=["s"]) as saver:
        for number in range(4):
            saver.add_data(
                "/RawData", DataRaw("v", data=[np.array([number / 2])], units="V"), axis_values=[number * 0.1]
            )
    export(tmp_path / "x.h5", "/", tmp_path / "x.txt")
    found = np.loadtxt(tmp_path / "x.txt")
    np.testing.assert_allclose(found, [[0, 0], [0.1, 0.5], [0.2, 1], [0.3, 1.5]])


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1)])
def test_a_cube_is_found_wherever_its_wavelengths_are(tmp_path: Path, order: tuple[int, int, int]) -> None:
    cube = np.arange(60.0).reshape(3, 4, 5)
    axes = [
        Axis("y", "mm", np.arange(3.0)),
        Axis("x", "mm", np.arange(4.0)),
        Axis("Wavelength", "µm", np.arange(5) / 10 + 0.4),
    ]
    turned = [Axis(axes[old].label, axes[old].units, axes[old].get_data(), index=new) for new, old in enumerate(order)]
    path = saved(tmp_path / "x.h5", DataRaw("cube", data=[cube.transpose(order)], axes=turned))
    with StoredLoader(path) as loader:
        view = CubeView.of(loader.stored("/RawData/Data00")[0])
        np.testing.assert_array_equal(view[...], cube)
        np.testing.assert_array_equal(view[1:3], cube[1:3])
        np.testing.assert_allclose(view.wavelengths, [400, 500, 600, 700, 800])


def test_cubes_of_a_scan_are_cubes_with_more_lines(tmp_path: Path) -> None:
    values = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    path = saved(tmp_path / "x.h5", DataRaw("cubes", data=[values], nav_indexes=(0,)))
    with StoredLoader(path) as loader:
        view = CubeView.of(loader.stored("/RawData/Data00")[0])
        np.testing.assert_array_equal(view[...], values.reshape(6, 4, 5))
        np.testing.assert_array_equal(view[2:5], values.reshape(6, 4, 5)[2:5])


def test_memory_stays_small_whatever_the_size(tmp_path: Path) -> None:
    with DataEnlargeableSaver(tmp_path / "x.h5", enl_axis_names=["line"], enl_axis_units=[""]) as saver:
        block = np.zeros((64, 256, 1024), np.uint16)
        for start in range(0, 384, 64):
            rows = DataRaw("cube", data=[block], nav_indexes=(0,), axes=[Axis("line", "", np.arange(64.0) + start, 0)])
            saver.add_data("/RawData", rows, axis_values=[np.arange(64.0) + start])
    script = """
        import resource, sys
        from h5modules.exporting import export, formats
        formats()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for target in sys.argv[2:]:
            export(sys.argv[1], "/", target)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    targets = [str(tmp_path / name) for name in ("x.npy", "x.hdr", "x.tif")]
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "x.h5"), *targets]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    assert int(done.stdout) < 110_000  # KiB; the cube has 196,608
    with DataLoader(tmp_path / "x.h5") as loader:
        assert loader.load_data("/RawData/EnlData00", lazy=True).shape == (384, 256, 1024)
