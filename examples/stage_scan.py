"""A line at each stage position: the stage moves the scene, the camera sees what is under it.

Run it from anywhere: ``python examples/stage_scan.py``.
"""

from __future__ import annotations

import numpy as np

import pymodaq_hsi as hsi

found = hsi.enumerate_devices()
with (
    hsi.connect(found.device("VirtualHyperCamera")) as cameras,
    hsi.connect(found.device("VirtualStage")) as stages,
):
    camera, stage = cameras.primary_device(), stages.primary_device()
    stage.set_parameter("Velocity", 500)  # mm/s
    lines = []
    for position in np.linspace(0, 39.9, 40):  # mm
        stage.move_to(position)
        with camera.acquire() as acquisition:
            lines += [buffer.copy() for buffer in acquisition.buffers(1, timeout=2.0)]
    cube = np.array(lines)

print(f"{len(cube)} lines of {cube.shape[1]} pixels and {cube.shape[2]} bands")
print("mean counts along the motion:", " ".join(f"{value:.0f}" for value in cube.mean(axis=(1, 2))))
