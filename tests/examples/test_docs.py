"""The code in the documents does what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pymodaq_hsi as hsi

if TYPE_CHECKING:
    from conftest import PluginSite

DOCS = Path(__file__).parents[2] / "docs"


def test_the_driver_in_the_document_works_as_a_package(site: PluginSite) -> None:
    text = (DOCS / "writing-a-driver.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    site.install("gradient", program)
    found = hsi.enumerate_devices()
    with hsi.connect(found.device("GradientCamera")) as group:
        camera = group.primary_device()
        assert camera.set_parameter("ExposureTime", 1.26) == 1.3
        with camera.acquire() as acquisition:
            frames = [buffer.copy() for buffer in acquisition.buffers(5, timeout=2.0)]
        assert camera.frame_format().saturation == 4095
    np.testing.assert_array_equal(frames[0], frames[-1])
    assert frames[0].shape == (64, 32)


@pytest.mark.parametrize("document", ["references.md", "fluxengine.md"])
def test_the_programs_in_the_document_run_one_after_the_other(document: str, tmp_path: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", (DOCS / document).read_text(encoding="utf-8"), re.DOTALL)
    assert programs
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-"], input=program, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
