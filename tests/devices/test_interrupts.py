"""Ctrl-C, at any moment of an acquisition: heard every time, and what it interrupts can go on."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Gadgets

SCRIPT = """
    import random, signal, sys, time
    sys.path.insert(0, {site!r})
    import numpy as np
    from pymodaq_hsi.devices import *

    def interrupt(*_):
        raise KeyboardInterrupt

    swallowed = []
    sys.unraisablehook = swallowed.append
    signal.signal(signal.SIGALRM, interrupt)
    random.seed(7)
    with connect(ConnectionSettings("Camera", 0, "0")) as group:
        camera = group.primary_device()
        camera.setup_internal_buffers(6)
        camera.start_acquisition(AcquisitionParameters(6))
        heard = 0

        def retrieve():  # in a function: the end of a try block is not covered by it in every Python
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0005, 0.004))
            end = time.monotonic() + 5
            while time.monotonic() < end:
                buffer = camera.retrieve_buffer(4.0)
                array = np.asarray(buffer.data)
                assert array.min() == array.max() == buffer.number % 65536
                buffer.release()
                del array

        while heard < 150:
            try:
                retrieve()
                break
            except KeyboardInterrupt:
                heard += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        for _ in range(30):
            camera.retrieve_buffer(4.0).release()
        camera.stop_acquisition()
        with camera.acquire() as acquisition:
            frames = sum(1 for _ in acquisition.buffers(30, timeout=4.0))
        print(heard, len(swallowed), frames, camera.held)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no timers with signals")
def test_an_interrupt_at_any_moment_is_heard_and_costs_no_buffer(gadgets: Gadgets) -> None:
    script = textwrap.dedent(SCRIPT.format(site=str(gadgets.folder)))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout == "150 0 30 0\n"
