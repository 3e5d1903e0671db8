"""A two-dimensional scan with two detectors, as an extension of PyMoDAQ writes it."""

import tempfile
from pathlib import Path

import numpy as np
from pymodaq_data.data import Axis, DataDistribution, DataRaw, DataToExport
from pymodaq_data.h5modules.data_saving import DataExtendedSaver, DataLoader, DataToExportExtendedSaver
from pymodaq_data.h5modules.saving import H5SaverLowLevel

folder = Path(tempfile.mkdtemp())
shape = (3, 2)
positions = [Axis("x", "mm", np.linspace(0, 2, 3), index=0), Axis("y", "mm", np.linspace(5, 6, 2), index=1)]
wavelength = np.linspace(400, 700, 5)


def acquire(i, j):
    value = 10.0 * i + j
    axis = Axis("wavelength", "nm", wavelength, index=0)
    spectrum = DataRaw("spectrum", data=[np.full(5, value), np.full(5, -value)], axes=[axis], labels=["A", "B"])
    return DataToExport("Spectro", data=[spectrum, DataRaw("intensity", data=[np.array([value])])])


h5saver = H5SaverLowLevel("scan")
h5saver.init_file(folder / "scan.h5", new_file=True)
for number in range(2):
    scan = h5saver.add_scan_group(title="a scan", settings_as_xml="<scan/>", metadata={"operator": "me"})
    detector = h5saver.add_det_group(scan, title="Spectro")
    saver = DataToExportExtendedSaver(h5saver, extended_shape=shape)
    saver.add_nav_axes(scan, positions)
    for i in range(shape[0]):
        for j in range(shape[1]):
            saver.add_data(detector, acquire(i + number, j), indexes=(i, j))
    scan.attrs["scan_done"] = True
    h5saver.flush()
print(h5saver.get_last_group("/RawData", "scan").name, len(h5saver.get_groups("/RawData", "scan")))
print([axis.index for axis in positions])
h5saver.close_file()

with DataLoader(folder / "scan.h5") as loader:
    path = "/RawData/Scan001/Detector000/Data1D/CH00/Data00"
    data = loader.load_data(path, load_all=True)
    print(
        data.name,
        data.shape,
        data.nav_indexes,
        [int(index) for index in data.sig_indexes],
        data.dim.name,
        data.labels,
        data.origin,
    )
    print(sorted((axis.index, axis.label, axis.units, axis.size) for axis in data.axes))
    print(data.inav[1, 0][1], data.isig[0][0].tolist(), data.vnav[2.0, 6.0][0])
    print(loader.get_nav_group(path).path, loader.get_node(path).attrs["operator"] if False else "")
    zero = loader.load_data("/RawData/Scan000/Detector000/Data0D/CH00/Data00")
    print(zero.shape, zero.nav_indexes, zero[0].tolist(), zero.distribution.name)
    print(sorted(dwa.path for dwa in loader.load_all("/RawData/Scan000")))

spread = H5SaverLowLevel()
spread.init_file(folder / "spread.h5", new_file=True)
scan = spread.add_scan_group()
detector = spread.add_det_group(scan)
saver = DataToExportExtendedSaver(spread, (4,))
saver.add_nav_axes(
    scan,
    [
        Axis("x", "mm", np.array([0.0, 1.0, 0.5, 3.0]), index=0, spread_order=0),
        Axis("y", "mm", np.array([1.0, 1.5, 0.5, 4.0]), index=0, spread_order=1),
    ],
)
for index in range(4):
    saver.add_data(detector, acquire(index, 0), indexes=[index], distribution=DataDistribution["spread"])
group = spread.get_set_group(scan, "Alone")
alone = DataExtendedSaver(spread, (2,))
for index in range(2):
    alone.add_data(group, DataRaw("frame", data=[np.full((2, 3), float(index))]), [index])
spread.close_file()
with DataLoader(folder / "spread.h5") as loader:
    data = loader.load_data("/RawData/Scan000/Detector000/Data1D/CH00/Data01")
    print(data.shape, data.distribution.name, data.nav_indexes, data[0][:, 0])
    print([(axis.label, axis.spread_order) for axis in data.get_nav_axes()])
    print(loader.load_data("/RawData/Scan000/Alone/Data00").shape if False else "")
