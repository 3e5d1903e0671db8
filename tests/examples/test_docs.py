"""The code in the documents does what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pymodaq_hsi as hsi
from pymodaq_hsi.testing import examine

if TYPE_CHECKING:
    from conftest import PluginSite

DOCS = Path(__file__).parents[2] / "docs"
PROGRAMS = re.findall(r"```python\n(.*?)```", (DOCS / "writing-a-driver.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_driver_in_the_document_works_as_a_package(site: PluginSite) -> None:
    site.install("gradient", PROGRAMS[0])
    found = hsi.enumerate_devices()
    with hsi.connect(found.device("GradientCamera")) as group:
        camera = group.primary_device()
        assert camera.set_parameter("ExposureTime", 1.26) == 1.3
        with camera.acquire() as acquisition:
            frames = [buffer.copy() for buffer in acquisition.buffers(5, timeout=20.0)]
        assert camera.frame_format().saturation == 4095
    np.testing.assert_array_equal(frames[0], frames[-1])
    assert frames[0].shape == (64, 32)


@pytest.mark.parametrize("program", PROGRAMS, ids=["camera", "parameters", "light and stage"])
def test_the_drivers_in_the_document_keep_all_promises(site: PluginSite, program: str) -> None:
    site.install("documented", program)
    found = examine("documented")
    assert not found, "\n".join(map(str, found))
