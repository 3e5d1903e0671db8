"""The main job: references, a reflectance cube, a file, and the cube back from it.

Run it from anywhere: ``python examples/main_job.py [cube.h5]``.
"""

from __future__ import annotations

import sys

import pymodaq_hsi as hsi
from h5modules.data_saving import DataLoader

path = sys.argv[1] if len(sys.argv) > 1 else "cube.h5"

found = hsi.enumerate_devices(timeout=5.0)
for message in found.errors:
    print(message)  # a broken driver is named here; the others work

with (
    hsi.connect(found.device("VirtualHyperCamera")) as cameras,  # {"Cube": "scene.hdr"} plays your own
    hsi.connect(found.device("VirtualLight")) as lights,
):
    camera = cameras.primary_device()
    lights.primary_device().set_parameter("Intensity", 90)
    camera.set_parameter("ExposureTime", 4.5)  # ms; out of limits is an error that names them
    camera.setup_internal_buffers(100)

    dark = hsi.measure_reference(camera, "DarkReference", frames=50)  # the light is forced off meanwhile
    white = hsi.measure_reference(camera, "WhiteReference", frames=50)
    references = hsi.InstrumentParameters(white, dark)
    context = hsi.RecordingContext(camera, references, hsi.ValueType.Reflectance)

    with camera.acquire(buffer_count=50) as acquisition:  # look at some lines
        for buffer in acquisition.buffers(10, timeout=1.0):  # given back at the end of each turn
            line = context.process(buffer)  # (pixels, bands) float32

    summary = hsi.record_cube(context, path, lines=400, overwrite=True)  # or record them

with DataLoader(summary.path) as loader:
    cube = loader.load_data(summary.node)
print(cube.shape, cube.get_axis_from_index(2)[0].units)  # (400, 640, 224) nm
