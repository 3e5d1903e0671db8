"""A driver that answers something else than it has to: the error says what it gave, and what it has to give."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pymodaq_hsi import Standardisation, connect
from pymodaq_hsi.devices import ConnectionSettings, enumerate_devices
from pymodaq_hsi.drivers import DeviceInfo, DriverType, FrameFormat
from pymodaq_hsi.errors import ConnectionFailed, DeviceNotFound, DriverError, FrameGeometryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import PluginSite

SOURCE = """
from pathlib import Path
from pymodaq_hsi.drivers import DeviceInfo, FrameFormat, InstrumentDriver, LightControlDriver, StringParameter, hookimpl

DIARY = Path(__file__).with_name("diary.log")


class Fine(InstrumentDriver):
    @classmethod
    def enumerate(cls):
        return [DeviceInfo(7, "Camera", None, None, b"SN-1")]

    def frame_format(self):
        return FrameFormat((2, 3))

    def grab(self, frame, timeout):
        return True

    def close(self):
        with DIARY.open("a") as diary:
            print(f"{self.name} closed", file=diary)


class Ring(LightControlDriver):
    name = "Ring"

    def apply(self, state):
        with DIARY.open("a") as diary:
            print(f"{self.name} {state.name}", file=diary)


def light_and_then_nothing(self, device_id, settings):
    self.sub_devices = [Ring()]
    raise OSError("no camera")


def made(name, **changes):
    return type(name, (Fine,), {"name": name} | changes)


@hookimpl
def pymodaq_hsi_drivers():
    return [
        made("Fine"),
        made("NoList", enumerate=classmethod(lambda cls: None)),
        made("NoClassMethod", enumerate=lambda self: []),
        made("NoTuple", connection_parameters=StringParameter("Host")),
        made("Twins", enumerate=classmethod(lambda cls: [DeviceInfo(n, "", "", "", "7") for n in "ab"])),
        made("NoFormat", frame_format=lambda self: (2, 3)),
        made("NoTruth", grab=lambda self, frame, timeout: None),
        made("AnArray", grab=lambda self, frame, timeout: frame.data),
        made("NoSteps", corrections=lambda self: ["smile"]),
        made("NoBase", __init__=lambda self: None),
        made("Words", open=lambda self, *_: setattr(self, "sub_devices", [Ring(), "ring"])),
        made("Itself", open=lambda self, *_: setattr(self, "sub_devices", [self])),
        made("HalfOpen", open=light_and_then_nothing),
    ]
"""


@pytest.fixture
def site(site: PluginSite) -> Iterator[PluginSite]:
    site.install("wrong_answers", SOURCE)
    yield site
    sys.modules.pop("wrong_answers")


def found(driver: str) -> ConnectionSettings:
    return ConnectionSettings(driver, DriverType.Instrument, "7")


def test_of_enumeration(site: PluginSite) -> None:
    result = enumerate_devices(hosting="inline")
    errors = {error.driver: str(error) for error in result.errors}
    assert "enumerates None; enumerate() returns a list of DeviceInfo" in errors["NoList"]
    assert "not a classmethod; put @classmethod above it" in errors["NoClassMethod"]
    assert 'is a tuple of parameters, such as (StringParameter("Host"),)' in errors["NoTuple"]
    assert len(errors) == 3
    (warning,) = result.warnings
    assert "driver Twins finds 2 devices that are Twins:7 (ids 'a', 'b')" in str(warning)
    with pytest.raises(DeviceNotFound, match=r"means 2 devices; give one id of: Twins \(a\), Twins \(b\)"):
        result.device("Twins:7")
    fine = result.device("Fine")
    assert (fine.id, fine.manufacturer, fine.model, fine.identity) == ("7", "", "", "Fine:SN-1")


@pytest.mark.parametrize(
    ("driver", "answer"),
    [
        ("NoFormat", r"frame_format\(\) returned \(2, 3\); it returns a FrameFormat"),
        ("NoTruth", r"grab\(\) returned None; it fills frame.data and returns True, or False when no frame"),
        ("AnArray", r"grab\(\) returned array.*; it fills frame.data and returns True"),
        ("NoSteps", r"corrections\(\) returned \['smile'\]; it returns a list of mappings"),
    ],
)
def test_in_use(site: PluginSite, driver: str, answer: str) -> None:
    def use() -> None:
        Standardisation.of(camera)
        with camera.acquire() as acquisition:
            list(acquisition.buffers(1))

    with connect(found(driver), hosting="inline") as group:
        camera = group.primary_device()
        with pytest.raises(DriverError, match=f"(?s){answer}"):
            use()


@pytest.mark.parametrize(
    ("driver", "answer", "left"),
    [
        ("NoBase", r"NoBase.__init__ has to call super\(\).__init__\(\)", []),
        ("Words", "Words.sub_devices has 'ring'; it is a list of other drivers", ["Ring ForcedOff", "Words closed"]),
        ("Itself", "Itself.sub_devices has .*; it is a list of other drivers", ["Itself closed"]),
        ("HalfOpen", "no camera", ["Ring ForcedOff", "HalfOpen closed"]),
    ],
)
def test_when_it_is_connected_and_what_it_has_opened_is_made_safe_and_closed(
    site: PluginSite, driver: str, answer: str, left: list[str]
) -> None:
    with pytest.raises(ConnectionFailed, match=answer):
        connect(found(driver), hosting="inline")
    diary = site.folder / "diary.log"
    assert (diary.read_text().splitlines() if diary.exists() else []) == left


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"shape": 5}, "tuple of integers, not 5"),
        ({"shape": (2.5, 3)}, "whole number of samples along each axis"),
        ({"shape": ()}, "1 to 4 dimensions"),
        ({"shape": (4, 0)}, "1 to 4 dimensions of at least 1"),
        ({"dtype": "uint12"}, "give one such as 'uint16'"),
        ({"dtype": "u2,u2"}, "made of numbers"),
        ({"dtype": "U3"}, "made of numbers, not of <U3"),
        ({"saturation": "4095"}, "saturation: '4095' is not a finite number"),
        ({"saturation": float("nan")}, "saturation: nan"),
        ({"wavelengths": (400.0, float("nan"), 600.0)}, "wavelengths: nan is not a finite number"),
        ({"unit": None}, "the unit of a sample is a string"),
    ],
)
def test_a_format_that_cannot_be_is_refused(arguments: dict[str, object], problem: str) -> None:
    good = {"shape": (2, 3), "dtype": "uint16", "dispersion_axis": 1}
    with pytest.raises(FrameGeometryError, match=problem):
        FrameFormat(**(good | arguments))  # type: ignore[arg-type]


def test_numpys_numbers_describe_frames_as_well() -> None:
    waves = np.linspace(400, 700, 3, dtype="float32")
    made = FrameFormat(np.array([2.0, 3.0]), np.uint16, np.int64(1), waves, np.uint16(4095))  # type: ignore[arg-type]
    assert made == FrameFormat((2, 3), "uint16", 1, (400.0, 550.0, 700.0), 4095.0)


def test_what_is_not_known_of_a_device_is_empty() -> None:
    assert DeviceInfo(3, None, b"House") == DeviceInfo("3", "", "House")  # type: ignore[arg-type]
