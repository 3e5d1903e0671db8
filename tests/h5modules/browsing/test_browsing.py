"""Looking at files: what is in them, beside what PyMoDAQ's own browser says of the same file."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import h5py
import numpy as np
import pytest

from h5modules import browsing
from h5modules.browsing import H5BrowserUtil
from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import DataLoader, DataToExportExtendedSaver
from h5modules.errors import FileExists, NodeNotFound, UnknownFormat
from h5modules.exporter import ExporterFactory, H5Exporter
from h5modules.saving import H5SaverLowLevel

SCAN = "/RawData/Scan000"
CHANNEL = f"{SCAN}/Detector000/Data1D/CH00"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with H5SaverLowLevel.from_file(tmp_path / "scan.h5", new_file=True, compression="zlib") as file:
        group = file.add_scan_group(title="a leaf", settings_as_xml="<xml>1</xml>")
        group.attrs["pixmap2D"] = b"picture"
        detector = file.add_det_group(group, title="spectrometer")
        saver = DataToExportExtendedSaver(file, extended_shape=(3,))
        saver.add_nav_axes(group, [Axis("Position", "mm", np.arange(3.0))])
        axis = Axis("Wavelength", "nm", np.linspace(400, 700, 512))
        for point in range(3):
            values = np.full(512, point * 1.0)
            data = DataRaw("s", data=[values, values], labels=["a", "b"], units="V", axes=[axis], gain=2)
            saver.add_data(detector, DataToExport("x", data=[data]), (point,))
    return tmp_path / "scan.h5"


def pymodaq_says(path: Path, backend: str) -> dict[str, object]:
    """Run PyMoDAQ's browser in a process of its own."""
    script = """
        import json, sys, warnings
        warnings.simplefilter("ignore")
        sys.modules.update(dict.fromkeys(("matplotlib", "dask")))  # it takes a second to load them, for nothing here
        from pathlib import Path
        from pymodaq_data.h5modules.browsing import H5BrowserUtil
        browser = H5BrowserUtil(backend=sys.argv[2])
        browser.open_file(Path(sys.argv[1]), "r")
        scans = browser.get_h5file_scans("/")
        told = {}
        for node in sys.argv[3:]:
            attributes, settings, scan_settings, pixmaps = browser.get_h5_attributes(node)
            told[node] = [{k: str(v) for k, v in attributes.items()}, list(map(str, settings)), scan_settings,
                          list(map(str, pixmaps))]
        print(json.dumps([[(s["scan_name"], s["path"], str(s["data"])) for s in scans], told]))
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(path), backend, SCAN, f"{CHANNEL}/Data00"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    scans, told = json.loads(done.stdout.splitlines()[-1])
    return {"scans": scans, "told": told}


@pytest.mark.parametrize("backend", ["tables", "h5py"])
def test_scripts_for_pymodaqs_browser_get_the_same_answers(path: Path, backend: str) -> None:
    theirs = pymodaq_says(path, backend)
    with H5BrowserUtil(backend) as browser:
        browser.open_file(path, "r")
        scans = [[one["scan_name"], one["path"], str(one["data"])] for one in browser.get_h5file_scans("/")]
        assert scans == theirs["scans"] == [["RawData_Scan000", SCAN, "b'picture'"]]
        for node, (attributes, settings, scan_settings, pixmaps) in theirs["told"].items():
            ours = browser.get_h5_attributes(node)
            assert {name: str(value) for name, value in ours[0].items() if name not in ("CLASS", "VERSION")} == {
                name: value for name, value in attributes.items() if name not in ("CLASS", "VERSION")
            }
            assert (ours[1], ours[2], list(map(str, ours[3]))) == (settings, scan_settings, pixmaps)


def test_a_summary_says_what_data_is_without_reading_it(path: Path) -> None:
    data = browsing.summary(path, f"{CHANNEL}/Data00")
    assert (data.kind, data.type, data.shape, data.dtype, data.units, data.label) == (
        "array",
        "data",
        (3, 512),
        "float64",
        "V",
        "a",
    )
    assert (data.bytes, data.compression) == (3 * 512 * 8, "zlib")
    assert 0 < data.stored_bytes < data.bytes
    assert [(axis.label, axis.units, axis.index, axis.size) for axis in data.axes] == [
        ("Position", "mm", 0, 3),
        ("Wavelength", "nm", 1, 512),
    ]
    channel = browsing.summary(path, CHANNEL)
    assert (channel.kind, channel.labels, channel.axes) == ("group", ("a", "b"), data.axes)
    assert browsing.summary(path, SCAN).type == "scan"


def test_attributes_come_as_values_and_as_they_stand_in_the_file(path: Path) -> None:
    assert browsing.attributes(path, CHANNEL + "/Data00")["nav_indexes"] == (0,)
    raw = browsing.attributes(path, CHANNEL + "/Data00", raw=True)["gain"]
    assert json.loads(str(raw)) == {"module": "builtins", "type": "int", "data": "2"}


def test_a_tree_is_plain_data_and_goes_as_deep_as_it_is_told(path: Path) -> None:
    whole = browsing.tree(path, attributes=True)
    assert json.loads(json.dumps(whole)) == whole
    shallow = browsing.tree(path, "/RawData", depth=1)
    (scan,) = [node for node in shallow["nodes"] if node["name"] == "Scan000"]
    assert "nodes" not in scan
    assert scan["children"] == 2
    text = browsing.tree_text(path)
    assert text.count("\n") + 1 == len(list(browsing.walk(path)))
    assert "Data00  3x512  float64  V" in text


def test_nodes_are_found_by_name_path_title_and_type(path: Path) -> None:
    def paths(*words: str, **wanted: str) -> list[str]:
        return [node.path for node in browsing.find(path, *words, **wanted)]

    assert paths("data0*", kind="array") == [f"{CHANNEL}/Data00", f"{CHANNEL}/Data01"]
    assert paths("CH*/Data01") == [f"{CHANNEL}/Data01"]
    assert paths(type="detector") == [f"{SCAN}/Detector000"]
    assert paths(title="A LEAF") == [SCAN]
    assert paths("nothing") == []
    with pytest.raises(NodeNotFound):
        browsing.find(path, where="/RawData/Scan009")


def test_an_open_file_is_looked_at_and_stays_open(path: Path) -> None:
    with DataLoader(path) as loader:
        assert browsing.find(loader, "CH00")
        assert loader.isopen()
    with H5SaverLowLevel.from_file(path) as file:
        assert browsing.tree(file)["name"] == "/"
        assert file.isopen()


def test_links_cycles_damage_and_strange_kinds_are_shown_and_nothing_is_run(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "exploded"),)

    with h5py.File(tmp_path / "odd.h5", "w") as file:
        group = file.create_group("group")
        group["again"] = file["/"]
        group["soft"] = h5py.SoftLink("/nowhere")
        group["outside"] = h5py.ExternalLink("other.h5", "/x")
        file["table"] = np.zeros(3, [("a", "i4"), ("b", "f8")])
        file["type"] = np.dtype("f8")
        file["empty"] = h5py.Empty("f8")
        group.attrs["bomb"] = np.bytes_(pickle.dumps(Bomb(), 0))
        group.attrs["opaque"] = np.void(pickle.dumps(Bomb()))
        group.attrs["evaluated"] = json.dumps(
            {"module": "builtins", "type": "int", "data": f"__import__('os').mkdir({str(tmp_path / 'exploded')!r})"}
        )
    found = {node.path: node for node in browsing.walk(tmp_path / "odd.h5")}
    assert (found["/group/again"].kind, found["/group/again"].target) == ("link", "/")
    assert found["/group/soft"].target == "/nowhere"
    assert "other.h5" in found["/group/outside"].target
    assert {"/table", "/empty"} <= found.keys()
    assert isinstance(browsing.attributes(tmp_path / "odd.h5", "/group")["evaluated"], str)
    text = browsing.tree_text(tmp_path / "odd.h5", attributes=True)
    assert "soft -> /nowhere" in text
    assert not (tmp_path / "exploded").exists()


def test_export_data_writes_what_pymodaqs_does(path: Path, tmp_path: Path) -> None:
    with H5BrowserUtil() as browser:
        browser.open_file(path, "r")
        browser.export_data(f"{CHANNEL}/Data00", str(tmp_path / "x.npy"), "Binary NumPy format (*.npy)")
        browser.export_data(SCAN, tmp_path / "x.h5", "Single node h5 file (*.h5)")
        browser.export_data(f"{CHANNEL}/Data00", tmp_path / "x.txt")
        with pytest.raises(FileExists):
            browser.export_data(SCAN, tmp_path / "x.h5")
        with pytest.raises(UnknownFormat):
            browser.export_data(SCAN, tmp_path / "x.docx")
        with pytest.raises(UnknownFormat, match="Single node"):
            browser.export_data(SCAN, tmp_path / "y.h5", "Another (*.h5)")
    assert np.load(tmp_path / "x.npy").shape == (3, 512)
    assert np.loadtxt(tmp_path / "x.txt").shape == (3, 513)
    assert browsing.find(tmp_path / "x.h5", "Data01")


def test_an_exporter_of_ones_own_is_used(path: Path, tmp_path: Path) -> None:
    class Paths(H5Exporter):
        FORMAT_EXTENSION = "path"
        FORMAT_DESCRIPTION = "Path of the node"

        def export_data(self, node: object, filename: str) -> None:
            Path(filename).write_text(node.path)  # type: ignore[attr-defined]

    assert ExporterFactory.register_exporter()(Paths) is Paths
    try:
        with H5BrowserUtil() as browser:
            browser.open_file(path, "r")
            browser.export_data(CHANNEL, tmp_path / "x.path", "Path of the node (*.path)")
    finally:
        del ExporterFactory.exporters_registry["path"]
    assert (tmp_path / "x.path").read_text() == CHANNEL
    filters = ExporterFactory.get_file_filters()
    for known in (
        "Single node h5 file (*.h5)",
        "Text files (*.txt)",
        "Binary NumPy format (*.npy)",
        "ENVI cube (*.hdr)",
    ):
        assert known in filters
    with pytest.raises(TypeError, match="FORMAT_EXTENSION"):
        ExporterFactory.register_exporter()(type("Nameless", (H5Exporter,), {}))
