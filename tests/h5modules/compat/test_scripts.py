"""Scripts written for pymodaq_data print the same after nothing but their imports has changed.

This file is also the script that a process of its own runs on pymodaq_data, and that prints what they print as JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest

import h5modules
from h5modules.data import Axis, DataDim, DataRaw, DataToExport
from h5modules.data_saving import DataBundle, DataLoader, DataToExportEnlargeableSaver, DataToExportExtendedSaver
from h5modules.post_treatment.process_to_scalar import DataProcessorFactory

HERE = Path(__file__).parent
SCRIPTS = sorted((HERE / "scripts").glob("*.py"))


def run(source: str, name: str) -> str:
    """Return what a script prints, and how it failed if it did."""
    printed = io.StringIO()
    usual = np.printoptions(precision=8, threshold=1000, edgeitems=3, linewidth=75, suppress=False)
    with usual, contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, name, "exec"), {"__name__": "__main__"})
        except Exception:
            printed.write(traceback.format_exc())
    return printed.getvalue()


def ported(source: str) -> str:
    """Return a script with other imports."""
    source = re.sub(r"\bpymodaq_data\.h5modules\b", "h5modules", source)
    return re.sub(r"\bpymodaq_data\b", "h5modules", source)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the scripts print with pymodaq_data, whose configuration goes to a home of its own."""
    home = str(tmp_path_factory.mktemp("home"))
    environment = os.environ | dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP"), home)
    command = [sys.executable, __file__, *map(str, SCRIPTS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.partition("JSON")[2])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_prints_the_same_after_changing_its_imports(
    script: Path, theirs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    expected = theirs[str(script)]
    assert "Traceback" not in expected, expected
    assert len(expected.splitlines()) >= 3
    assert run(ported(script.read_text(encoding="utf-8")), script.name) == expected


def test_what_is_done_by_others_says_by_whom() -> None:
    data = DataRaw("d", data=[np.arange(5.0)])
    for owner in (data, DataToExport("set", data=[data])):
        for name in ("fit", "find_peaks", "ft", "ift", "interp", "plot", "serialize"):
            with pytest.raises(AttributeError, match=r"to_xarray\(\) is the door"):
                getattr(owner, name)
        with pytest.raises(AttributeError, match=r"no attribute 'nothing'$"):
            owner.nothing()
    assert not hasattr(data, "fit")


def test_what_a_script_takes_from_the_top_is_there() -> None:
    data = ["Axis", "DataBase", "DataCalculated", "DataDim", "DataDistribution", "DataRaw", "DataSource"]
    for name in [*data, "DataToExport", "DataWithAxes", "Q_", "Unit", "ureg"]:
        assert getattr(h5modules, name) is getattr(h5modules.data, name)
    assert h5modules.__version__
    assert h5modules.data.Axis is h5modules.Axis
    assert h5modules.saving.H5SaverLowLevel is h5modules.H5SaverLowLevel
    with pytest.raises(AttributeError):
        h5modules.nothing()


def test_processors_are_where_pymodaq_has_them() -> None:
    factory = DataProcessorFactory()
    assert {"mean", "sum", "max", "min", "std", "argmax", "argmin"} <= set(factory.functions)
    assert factory.functions_filtered(DataDim.Data1D)
    data = DataRaw("d", data=[np.arange(6.0).reshape(2, 3)], nav_indexes=(0,))
    np.testing.assert_array_equal(factory.get("sum").process(data)[0], [3.0, 12.0])


def test_bundles_are_saved_as_what_is_in_them(tmp_path: Path) -> None:
    def dte(value: float) -> DataToExport:
        return DataToExport("det", data=[DataRaw("d", data=[np.full(3, value)])])

    with DataToExportExtendedSaver(tmp_path / "scan.h5", (2,)) as saver:
        group = saver.add_det_group(saver.raw_group)
        saver.add_nav_axes(group, [Axis("x", data=np.arange(2.0))])
        for index in (1, 0):
            saver.add_data_bundle(DataBundle(dte(index), group, indexes=[index], distribution="spread"))
    with DataToExportEnlargeableSaver(tmp_path / "rows.h5", ["x"], ["mm"]) as saver:
        for value in (4.0, 5.0):
            saver.add_data_bundle(DataBundle(dte(value), "/RawData", axis_values=[value], settings="<xml/>"))
    with DataLoader(tmp_path / "scan.h5") as loader:
        loaded = loader.load_data("/RawData/Detector000/Data1D/CH00/Data00")
    np.testing.assert_array_equal(loaded[0], [[0, 0, 0], [1, 1, 1]])
    assert loaded.distribution == "spread"
    with DataLoader(tmp_path / "rows.h5") as loader:
        loaded = loader.load_data("/RawData/Data1D/CH00/EnlData00")
        assert loader.get_node("/RawData/Data1D/CH00").attrs["settings"] == "<xml/>"
    np.testing.assert_array_equal(loaded.get_nav_axes()[0].get_data(), [4.0, 5.0])


if __name__ == "__main__":
    sys.modules.update(dict.fromkeys(("matplotlib", "dask")))  # it takes a second to load them, for nothing
    logging.disable(logging.CRITICAL)
    print("JSON" + json.dumps({path: run(Path(path).read_text(encoding="utf-8"), path) for path in sys.argv[1:]}))
