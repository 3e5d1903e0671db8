"""Connecting and disconnecting over and over costs nothing that stays."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from pymodaq_hsi.devices.plugins import BLOCKED
from pymodaq_hsi.errors import ConnectionFailed, DriverCrashed

if TYPE_CHECKING:
    from conftest import Gadgets


def cycle(gadgets: Gadgets, *, crash: bool = False) -> None:
    camera = gadgets.connect("Camera").primary_device()
    camera.setup_internal_buffers(20)
    if crash:
        camera.set_parameter("CrashAt", 1)
    with camera.acquire() as acquisition:
        try:
            for buffer in acquisition.buffers(3, timeout=20.0):
                assert buffer.data.shape == (4, 6)
        except DriverCrashed:
            assert crash
            camera.group.close()
            return
    camera.group.close()


def test_descriptors_threads_and_mappings_are_the_same_after_every_cycle(gadgets: Gadgets) -> None:
    def state() -> tuple[int, set[str], int]:
        gc.collect()
        process = psutil.Process()
        mapped = sum("hsi_" in mapping.path for mapping in process.memory_maps(grouped=False))
        return process.num_fds(), {thread.name for thread in threading.enumerate()}, mapped

    cycle(gadgets)
    before = state()
    for _ in range(2):
        cycle(gadgets)
    cycle(gadgets, crash=True)
    with pytest.raises(ConnectionFailed):
        gadgets.connect("Camera", device_id="none")
    gadgets.groups.clear()
    assert state() == before


def test_a_group_that_is_closed_holds_no_memory_of_its_frames(gadgets: Gadgets) -> None:
    def mapped() -> int:
        maps = psutil.Process().memory_maps(grouped=False)
        return sum("hsi_" in mapping.path for mapping in maps)

    gc.collect()  # what tests before have left in cycles goes now, and not in between
    before = mapped()
    camera = gadgets.connect("Camera").primary_device()
    camera.set_parameter("Rows", 2000)
    camera.set_parameter("Columns", 1000)
    camera.setup_internal_buffers(10)
    with camera.acquire():
        kept = camera.retrieve_buffer(10.0)
    camera.group.close()
    assert mapped() == before + 1
    assert (kept.data == 0).all()
    kept.release()
    assert mapped() == before
    assert camera.dropped >= 0


def test_a_short_day_in_the_life_of_a_program_leaves_nothing() -> None:
    day = Path(__file__).parents[2] / "benchmarks" / "day.py"
    environment = {name: value for name, value in os.environ.items() if name != BLOCKED}
    done = subprocess.run(
        [sys.executable, str(day), "8"], env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("no leak in 8 cycles\n")
    for what in ("handles: ", "threads: ", "processes: ", "segments: "):
        (line,) = [line for line in done.stdout.splitlines() if what in line]
        start, end = (int(word.split()[0]) for word in line.split(": ")[1].split(", ")[:2])
        assert end <= start, line
