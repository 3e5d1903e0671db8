"""Data that comes in time: the logger, an adaptive scan, rows and blocks of rows."""

import tempfile
from pathlib import Path

import numpy as np
from pymodaq_data.data import Axis, DataRaw, DataToExport
from pymodaq_data.h5modules.data_saving import (
    DataEnlargeableSaver,
    DataLoader,
    DataToExportEnlargeableSaver,
    DataToExportTimedSaver,
)
from pymodaq_data.h5modules.saving import H5SaverLowLevel

folder = Path(tempfile.mkdtemp())


def read(number):
    dte = DataToExport("Logger", data=[DataRaw("temperature", data=[np.array([20.0 + number])], labels=["room"])])
    dte.append(DataRaw("trace", data=[np.arange(4.0) + number], axes=[Axis("t", "us", np.arange(4.0))], origin="scope"))
    dte.timestamp = 1000.0 + number
    return dte


h5saver = H5SaverLowLevel("logger")
h5saver.init_file(folder / "log.h5", new_file=True)
h5saver.add_log("begin")
detector = h5saver.add_det_group("/RawData", title="logger")
timed = DataToExportTimedSaver(h5saver)
for number in range(5):
    timed.add_data(detector, read(number))
print(timed.isopen())
h5saver.close_file()
with DataLoader(folder / "log.h5") as loader:
    data = loader.load_data("/RawData/Detector000/Data0D/CH00/EnlData00")
    print(data.shape, data.nav_indexes, data[0], data.labels, data.origin)
    axis = data.get_nav_axes()[0]
    print(axis.label, axis.units, axis.get_data())
    trace = loader.load_data("/RawData/Detector000/Data1D/CH00/EnlData00")
    print(trace.shape, trace.dim.name, trace.origin, trace.get_axis_from_index(1)[0].label, trace[0][-1])
    print(loader.load_all("/RawData/Detector000").get_full_names())

with DataToExportEnlargeableSaver(
    folder / "adaptive.h5", enl_axis_names=["px", "py"], enl_axis_units=["mm", "mm"]
) as saver:
    group = saver.get_set_group(saver.raw_group, "Adaptive")
    for number in range(3):
        saver.add_data(group, read(number), axis_values=[number * 0.1, number * -0.2])
with DataLoader(folder / "adaptive.h5") as loader:
    data = loader.load_data("/RawData/Adaptive/Data1D/CH00/EnlData00")
    print(
        data.distribution.name,
        [(axis.label, axis.spread_order, axis.get_data().round(3).tolist()) for axis in data.get_nav_axes()],
    )

h5saver = H5SaverLowLevel()
h5saver.init_file(folder / "rows.h5", new_file=True)
rows = h5saver.get_set_group("/RawData", "Rows")
saver = DataEnlargeableSaver(h5saver, enl_axis_names=["delay"], enl_axis_units=["ps"])
for number in range(3):
    saver.add_data(rows, DataRaw("frame", data=[np.full((2, 3), float(number))]), axis_values=[number * 2.0])
blocks = h5saver.get_set_group("/RawData", "Blocks")
block_saver = DataEnlargeableSaver(h5saver)
for number in range(2):
    block = DataRaw(
        "block",
        data=[np.arange(8.0).reshape(2, 4) + 10 * number],
        nav_indexes=(0,),
        axes=[
            Axis("delay", "ps", np.array([0.0, 1.0]) + 2 * number, index=0),
            Axis("w", "nm", np.arange(4.0), index=1),
        ],
    )
    block_saver.add_data(blocks, block)
print(saver.get_last_node_name(rows))
h5saver.close_file()
with DataLoader(folder / "rows.h5") as loader:
    data = loader.load_data("/RawData/Rows/EnlData00")
    print(data.shape, data[0][:, 0, 0], data.get_nav_axes()[0].label, data.get_nav_axes()[0].get_data())
    data = loader.load_data("/RawData/Blocks/EnlData00")
    print(data.shape, data.get_nav_axes()[0].get_data(), data.get_nav_axes()[0].units, data.inav[3][0])
