"""A white panel is as its certificate says, in whatever way that was written; what it does not say is not invented."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi.errors import CalibrationError, PanelNotFound
from pymodaq_hsi.processing import Panel, Validity, read_panel
from pymodaq_hsi.processing.calibration import Calibration
from pymodaq_hsi.processing.panel import panel_values

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "nm,R0\n400,0.98\n500.5,0.99\n",
        "# SRT-99-050, calibrated 2024-01-02\nWavelength (nm);Reflectance\n400;0,98\n500,5;0,99\n",
        "400\t98\tx\n500.5\t99\ty\n".replace("400", "wavelength\t%\n400", 1),
        "  400   0.98\n  500.5 0.99\n",
        "400 0,98\n500,5 0,99\n",
        "Wavelength / um, R\n0.4, 0.98\n0.5005, 0.99\n",
        "\ufeffnm,R0\r\n500.5,9.9e-1\r\n400,.98\r\n",
        '"nm","R0"\n"400","0.98"\n"500.5","0.99"\n\n',
    ],
)
def test_certificates_are_read_however_they_are_written(text: str, tmp_path: Path) -> None:
    (tmp_path / "panel.csv").write_text(text, encoding="utf-8")
    panel = read_panel(tmp_path / "panel.csv")
    np.testing.assert_allclose(panel.wavelengths, [400, 500.5])
    np.testing.assert_allclose(panel.reflectivity, [0.98, 0.99])
    assert panel.name == "panel.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line with two numbers"),
        ("400,0.98\n400,0.99\n", "wavelength 400 twice"),
        ("400,98\n500,99\n", "write shares of 1, or '%'"),
        ("0.4,0.98\n0.5,0.99\n", "no range in nm"),
        ("400,0.98\n500,none\n", "line 2: '500,none'"),
        ("400,0.98\n500,-0.1\n", "above 0"),
        ("400\n500\n", "line 1: '400'"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "panel.csv").write_text(text)
    with pytest.raises(CalibrationError, match=said):
        read_panel(tmp_path / "panel.csv")


def test_a_missing_table_is_a_file_that_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(PanelNotFound, match=r"no file .*panel\.csv"):
        read_panel(tmp_path / "panel.csv")
    assert issubclass(PanelNotFound, FileNotFoundError)


@given(
    known=st.lists(st.floats(300, 2500), min_size=2, max_size=8, unique=True).map(sorted),
    wanted=st.lists(st.floats(200, 2600), min_size=1, max_size=8).map(sorted),
)
def test_outside_of_its_range_a_panel_is_refused_or_nan(known: list[float], wanted: list[float]) -> None:
    values = np.linspace(0.9, 0.99, len(known))
    inside = (np.array(wanted) >= known[0]) & (np.array(wanted) <= known[-1])
    got = panel_values(Panel(known, values, "nan"), np.array(wanted))
    np.testing.assert_array_equal(np.isnan(got), ~inside)
    np.testing.assert_allclose(got[inside], np.interp(np.array(wanted)[inside], known, values))
    if inside.all():
        np.testing.assert_array_equal(panel_values(Panel(known, values), np.array(wanted)), got)
    else:
        with pytest.raises(CalibrationError, match="is known from"):
            panel_values(Panel(known, values), np.array(wanted))


def test_bands_whose_panel_is_not_known_are_nan_and_flagged() -> None:
    prepared = Calibration(
        np.full((1, 3), 100.0),
        np.zeros((1, 3)),
        np.zeros((1, 3)),
        Panel([500, 700], [0.5, 0.5], "nan").at(np.array([400.0, 500.0, 600.0])),
        reference_saturated=np.zeros((1, 3), bool),
        saturation=None,
    )
    got, _ = prepared.reflectance(np.full((1, 3), 50, "uint16"), np.empty((1, 3), np.float32))
    np.testing.assert_array_equal(got, [[np.nan, 0.25, 0.25]])
    np.testing.assert_array_equal(prepared.validity, [[Validity.PANEL_UNKNOWN, 0, 0]])


def test_a_panel_travels_as_json() -> None:
    panel = Panel([400, 500], [0.9, 0.8], "nan", "mine")
    again = Panel.from_message(json.loads(json.dumps(panel.to_message())))
    assert again.to_message() == panel.to_message()


@pytest.mark.parametrize("given", ["white", {}, [0.9, None], [np.nan, 1], np.inf])
def test_what_is_no_reflectivity_is_refused(given: object) -> None:
    with pytest.raises(CalibrationError):
        panel_values(given, np.array([400.0, 500.0]))


@pytest.mark.parametrize(
    "given", [50, 1.21, [0.99, 99.0], ([400, 500], [98.0, 99.0]), (np.array([400, 500]), np.array([0.9, 50]))]
)
def test_percent_is_refused_and_the_share_is_named(given: object) -> None:
    with pytest.raises(CalibrationError, match=r"goes up to .*a perfect white has 1; give shares of 1: .*, here 0\."):
        panel_values(given, np.array([400.0, 500.0]))


def test_a_table_in_percent_is_refused_by_its_name() -> None:
    with pytest.raises(CalibrationError, match=r"reflectivity of SRT-50 goes up to 50, .* here 0\.5"):
        Panel([400, 500], [50, 49.8], name="SRT-50")


@pytest.mark.parametrize("given", [1.0, 1.2, 0.02])
def test_whites_a_little_above_one_and_greys_are_panels(given: float) -> None:
    np.testing.assert_array_equal(panel_values(given, np.array([400.0, 500.0])), [given, given])
