"""ENVI, pictures and reports of a recorded cube, opened again by those who read such files."""

from __future__ import annotations

import base64
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import spectral
from PIL import Image

from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import DataLoader, DataSaverLoader, DataToExportExtendedSaver
from h5modules.errors import FileExists
from h5modules.exporting import export
from h5modules.saving import H5SaverLowLevel
from pymodaq_hsi.envi import find_references, open_envi, open_reference
from pymodaq_hsi.errors import OutputExists
from pymodaq_hsi.io._svg import Line, line_plot
from pymodaq_hsi.processing.picture import true_colour

if TYPE_CHECKING:
    from pathlib import Path

SCAN = "/RawData/Scan000"
CUBE = f"{SCAN}/Detector000/DataND/CH00/EnlData00"


def loaded(path: Path, node: str = CUBE) -> tuple[np.ndarray, np.ndarray]:
    with DataLoader(path) as loader:
        data = loader.load_data(node)
    return data[0], next(axis for axis in data.axes if axis.label == "Wavelength").get_data()


@pytest.mark.parametrize("interleave", ["bip", "bil", "bsq"])
def test_spectral_python_reads_the_cube_with_wavelengths_and_settings(
    recorded: Path, tmp_path: Path, interleave: str
) -> None:
    export(recorded, SCAN, tmp_path / "leaf.hdr", interleave=interleave)
    cube, wavelengths = loaded(recorded)
    found = spectral.envi.open(str(tmp_path / "leaf.hdr"), str(tmp_path / "leaf.raw"))
    np.testing.assert_array_equal(np.asarray(found.open_memmap()), cube)
    assert found.dtype == cube.dtype
    np.testing.assert_allclose(found.bands.centers, wavelengths)
    assert found.metadata["interleave"] == interleave
    assert (found.metadata["tint"], found.metadata["source node"]) == ("4.0", CUBE)


def test_gdal_reads_the_cube(recorded: Path, tmp_path: Path) -> None:
    export(recorded, CUBE, tmp_path / "leaf.bsq", to="envi", interleave="bsq", references=False)
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(tmp_path / "leaf.bsq") as found:
        np.testing.assert_array_equal(found.read().transpose(1, 2, 0), loaded(recorded)[0])
    assert sorted(path.name for path in tmp_path.glob("leaf*")) == ["leaf.bsq", "leaf.hdr"]


def test_references_lie_beside_the_cube_under_the_names_that_are_looked_for(recorded: Path, tmp_path: Path) -> None:
    done = export(recorded, "/", tmp_path / "leaf.hdr")
    cube = open_envi(tmp_path / "leaf.hdr")
    found = find_references(cube)
    assert found.white is not None
    assert found.dark is not None
    for path, name in ((found.white, "WhiteReference"), (found.dark, "DarkReference")):
        np.testing.assert_array_equal(
            open_reference(path, cube).data[0], loaded(recorded, f"{SCAN}/{name}/Data2D/CH00/Data00")[0]
        )
    assert set(done.files) == set(tmp_path.iterdir())
    assert done.files[0] == tmp_path / "leaf.hdr"


def test_no_file_of_a_cube_is_replaced_unless_asked_for(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "leaf.raw").write_bytes(b"mine")
    with pytest.raises(FileExists, match=r"leaf\.raw"):
        export(recorded, CUBE, tmp_path / "leaf.hdr")
    (tmp_path / "leaf.raw").unlink()
    (tmp_path / "leaf_White.hdr").write_text("mine")
    with pytest.raises(FileExists, match="leaf_White"):
        export(recorded, CUBE, tmp_path / "leaf.hdr")
    assert [path.name for path in tmp_path.iterdir()] == ["leaf_White.hdr"]
    (tmp_path / "leaf.bil").write_bytes(b"another")
    with pytest.raises(OutputExists, match=r"leaf\.bil"):
        export(recorded, CUBE, tmp_path / "leaf.hdr", overwrite=True)
    assert (tmp_path / "leaf_White.hdr").read_text() == "mine"


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "f2", "i8", "c8", ">f4"])
def test_every_sample_type_finds_one_that_envi_has(tmp_path: Path, dtype: str) -> None:
    values = (np.arange(24) % 3).reshape(2, 3, 4).astype(dtype)
    with DataSaverLoader(tmp_path / "x.h5") as saver:
        saver.add_data("/RawData", DataRaw("cube", data=[values]))
    export(tmp_path / "x.h5", to="envi")
    np.testing.assert_array_equal(open_envi(tmp_path / "x.hdr").data, values)


def test_a_spectral_scan_of_images_becomes_a_cube_of_their_wavelengths(tmp_path: Path) -> None:
    values = np.arange(60.0).reshape(5, 3, 4)
    axis = Axis("Wavelength", "um", np.linspace(0.5, 0.9, 5), index=0)
    with DataSaverLoader(tmp_path / "x.h5") as saver:
        saver.add_data("/RawData", DataRaw("images", data=[values], nav_indexes=(0,), axes=[axis]))
    export(tmp_path / "x.h5", to="envi")
    found = open_envi(tmp_path / "x.hdr")
    np.testing.assert_array_equal(found.data, values.transpose(1, 2, 0))
    np.testing.assert_allclose(found.header.wavelengths, [500, 600, 700, 800, 900])


def test_the_picture_is_the_cube_in_true_colour(recorded: Path, tmp_path: Path) -> None:
    export(recorded, SCAN, tmp_path / "leaf.png")
    with Image.open(tmp_path / "leaf.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), true_colour(*loaded(recorded)))
    export(recorded, CUBE, tmp_path / "band.png", band=450)
    with Image.open(tmp_path / "band.png") as picture:
        assert (picture.mode, picture.size) == ("L", (40, 25))


class Page(HTMLParser):
    """What a browser would load, and the text that it would show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_shows_picture_spectra_references_and_settings_and_needs_nothing_else(
    recorded: Path, tmp_path: Path
) -> None:
    export(recorded, SCAN, tmp_path / "leaf.html")
    text = (tmp_path / "leaf.html").read_text(encoding="utf-8")
    page = Page(text)
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert "script" not in page.tags
    with Image.open(io.BytesIO(base64.b64decode(page.sources[0].partition(",")[2]))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), true_colour(*loaded(recorded)))
    for word in ("white: mean of all pixels", "dark: mean of all pixels", "Wavelength (nm)", "ExposureTime", "VHC-0"):
        assert word in page.text
    cube, wavelengths = loaded(recorded)
    drawing = ET.fromstring(re.findall(r"<svg.*?</svg>", text)[0])
    mean = drawing.find("{*}polyline")
    assert mean is not None
    points = np.array([point.split(",") for point in mean.attrib["points"].split()], float)
    assert len(points) == len(wavelengths)
    expected = cube.reshape(-1, len(wavelengths)).mean(0)
    assert np.corrcoef(points[:, 1], expected)[0, 1] < -0.999  # pixels are counted downwards


def scan_file(path: Path) -> Path:
    """Two scans with references of their own, devices under names as step scans have them, the second not finished."""
    wavelengths = Axis("Wavelength", "nm", np.array([450.0, 550.0, 650.0]), 1)
    with H5SaverLowLevel.from_file(path, new_file=True) as h5:
        for number in range(2):
            scan = h5.add_scan_group(title=f"leaf {number}")
            settings = {"devices": {"camera": {"parameters": {"ExposureTime": 4.5 + number, "Curve": [1.5] * 50}}}}
            h5.add_string_array(scan, "Settings", rows=[json.dumps(settings)])
            white = h5.get_set_group(scan, "WhiteReference")
            DataSaverLoader(h5).add_data(white, DataRaw("white", data=[np.ones((2, 3))], axes=[wavelengths]))
            validity = h5.get_set_group(scan, "Validity")
            flags = np.array([[0, 0, 0], [0, 4, 4]], np.uint8)
            DataSaverLoader(h5).add_data(validity, DataRaw("Validity", data=[flags], axes=[wavelengths]))
            saver = DataToExportExtendedSaver(h5, extended_shape=(3,))
            saver.add_nav_axes(scan, [Axis("stage", "mm", np.arange(3.0), 0)])
            detector = h5.add_det_group(scan)
            for point in range(3 - number):
                line = DataRaw("line", data=[np.full((2, 3), 10 + point, np.uint16)], axes=[wavelengths], operator="me")
                image = DataRaw("image", data=[np.full((2, 2), point)], axes=[Axis("x", "px", np.arange(2.0), 1)])
                saver.add_data(detector, DataToExport("d", data=[line, image]), (point,))
    return path


def test_the_report_of_step_scans_has_what_belongs_to_each(tmp_path: Path) -> None:
    done = export(scan_file(tmp_path / "x.h5"), to="html")
    text = done.files[0].read_text(encoding="utf-8")
    first, second = text.split("Scan000: leaf 0")[1].split("Scan001: leaf 1")
    for number, part in enumerate((first, second)):
        shown = Page(part).text
        assert shown.count("white: mean of all pixels") == 1
        assert f"ExposureTime{4.5 + number}" in shown
        assert "1.5, 50 times" in shown
        assert "good4 of 6" in shown
        assert "saturated2 of 6" in shown
        assert "operatorme" in shown
        assert "Down: stage 0 to 2 mm" in shown
        assert "The image at stage 1 mm" in shown
    assert "2 of 3 points of the scan were measured" in Page(second).text
    assert "of the scan were measured" not in Page(first).text
    for source in Page(text).sources:
        with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as picture:
            picture.verify()


def test_the_mean_of_a_report_is_that_of_what_was_measured(tmp_path: Path) -> None:
    export(scan_file(tmp_path / "x.h5"), "/RawData/Scan001", tmp_path / "x.html")
    drawing = re.findall(r"<svg.*?</svg>", (tmp_path / "x.html").read_text(encoding="utf-8"))[0]
    ticks = [float(node.text) for node in ET.fromstring(drawing).iter() if node.get("text-anchor") == "end"]
    assert min(ticks) >= 9  # of 10 and 11 counts; the point that was not measured reads as 0


def test_the_picture_of_many_images_is_the_one_in_the_middle(tmp_path: Path) -> None:
    done = export(scan_file(tmp_path / "x.h5"), "/RawData/Scan000/Detector000", tmp_path / "x.png")
    assert [path.name for path in done.files] == ["x_line.png", "x_image.png"]
    assert "at point (1,)" in " ".join(done.notes)
    with Image.open(tmp_path / "x_image.png") as picture:
        assert (picture.mode, picture.size) == ("L", (2, 2))


def test_a_report_shows_names_as_text_whatever_they_are(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>"
    with DataSaverLoader(tmp_path / "x.h5") as saver:
        data = DataRaw(name, data=[np.arange(4.0)], labels=[name], axes=[Axis(name, "<b>", np.arange(4.0))], note=name)
        saver.add_data("/RawData", data)
    export(tmp_path / "x.h5", to="html")
    page = Page((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert name in page.text


@pytest.mark.parametrize("values", [[], [np.nan], [1.0], [2.0, 2.0], [0.0, np.nan, np.inf, 1e300, -1e300]])
def test_a_plot_can_be_drawn_of_anything(values: list[float]) -> None:
    y = np.array(values)
    drawing = ET.fromstring(line_plot([Line("a & b", np.arange(float(y.size)), y, y - 1, y + 1)] * 2, "x", "<y>"))
    assert "<y>" in "".join(drawing.itertext())
    assert "nan" not in ET.tostring(drawing, encoding="unicode")
