"""Data, backgrounds and error bars saved with each class and loaded again."""

import tempfile
from pathlib import Path

import numpy as np
from pymodaq_data.data import Axis, DataRaw, DataToExport
from pymodaq_data.h5modules.data_saving import (
    AxisSaverLoader,
    BkgSaver,
    DataLoader,
    DataSaverLoader,
    DataToExportSaver,
    ErrorSaverLoader,
)
from pymodaq_data.h5modules.saving import H5SaverLowLevel

folder = Path(tempfile.mkdtemp())
image = DataRaw(
    "image",
    data=[np.arange(12.0).reshape(3, 4), np.ones((3, 4))],
    labels=["left", "right"],
    units="V",
    origin="camera",
    errors=[np.full((3, 4), 0.5), np.full((3, 4), 0.25)],
    axes=[Axis("y", "mm", np.linspace(0, 2, 3), index=0), Axis("x", "mm", np.linspace(5, 8, 4), index=1)],
    exposure=12.5,
    comment="first light",
)

h5saver = H5SaverLowLevel(save_type="custom")
h5saver.init_file(file_name=folder / "one.h5", new_file=True, metadata={"author": "me"})
group = h5saver.get_set_group(h5saver.raw_group, "Here", title="A place")
axis_saver = AxisSaverLoader(h5saver)
axis_group = h5saver.get_set_group("/RawData", "Axes")
node = axis_saver.add_axis(axis_group, image.axes[0])
print(node.name, axis_saver.load_axis(node) == image.axes[0], axis_saver.get_last_node_name(axis_group))
print([axis.label for axis in axis_saver.get_axes(axis_group)])

data_saver = DataSaverLoader(h5saver)
data_saver.add_data(group, image)
print(
    data_saver.get_last_node_name(group),
    data_saver.isopen(),
    data_saver.get_index_from_node_name("/RawData/Here/Data01"),
)
print(data_saver.get_node_from_index(group, 0).path)
BkgSaver(h5saver).add_data(group, DataRaw("background", data=[np.full((3, 4), 2.0)] * 2), save_axes=False)
print([bkg.name for bkg in data_saver.get_bkg_nodes(group)])
print(len(data_saver.get_data_arrays("/RawData/Here/Data00", load_all=True)))
loaded = data_saver.load_data("/RawData/Here/Data00", load_all=True)
print(loaded.name, loaded.labels, loaded.units, loaded.origin, loaded.exposure, loaded.comment, len(loaded.errors))
errors = h5saver.get_set_group("/RawData", "Errors")
ErrorSaverLoader(h5saver).add_data(errors, image.errors_as_dwa(), save_axes=False)
print(len(ErrorSaverLoader(h5saver).get_axes(errors)), h5saver.get_node("/RawData/Errors/ErrorBar00").read().max())
h5saver.close_file()

with DataLoader(folder / "one.h5") as loader:
    alone = loader.load_data("/RawData/Here/Data01")
    print(alone.labels, alone.shape, alone[0].mean(), alone.errors[0].mean(), alone.path)
    both = loader.load_data("/RawData/Here/Data00", load_all=True, with_bkg=True)
    print(len(both), both[0].min(), both[1].max(), both.dim.name, [axis.label for axis in both.axes])
    print(both == image, loader.load_data("/RawData/Here/Data00", load_all=True) == image)
    everything = loader.load_all("/RawData")
    print(everything.get_names(), everything[0].timestamp == image.timestamp)

plain = DataRaw("plain", data=[np.arange(6).reshape(2, 3)])
dte = DataToExport("detector", data=[image, plain, DataRaw("value", data=[np.array([4.0])])])
with DataToExportSaver(folder / "two.h5") as saver:
    det = saver.add_det_group(saver.raw_group, title="My detector")
    saver.add_data(det, dte, settings_as_xml="<settings/>")
    saver.add_bkg(det, dte)
    print(det.path, det.attrs["type"], det.title, saver.channel_formatter(3))
with DataLoader(str(folder / "two.h5")) as loader:
    back = loader.load_all("/")
    print(back.get_full_names())
    dwa = loader.load_data("/RawData/Detector000/Data2D/CH01/Data00")
    print(dwa.origin, dwa.dtype if False else dwa[0].dtype, [(axis.label, axis.index, axis.size) for axis in dwa.axes])
    dark = loader.load_data("/RawData/Detector000/Data2D/CH01/Data00", with_bkg=True)
    print(dark[0].tolist())
    zero = loader.load_data("/RawData/Detector000/Data0D/CH00/Data00")
    print(zero.shape, zero.dim.name, zero.value())
    found = (
        loader.load_data_from_name_origin("plain", "detector")
        if False
        else loader.load_data("/RawData/Detector000/Data2D/CH01/Data00")
    )
    print(found.name, found.timestamp == plain.timestamp)
    for node in sorted(loader.walk_nodes("/RawData/Detector000"), key=lambda node: node.path):
        if "data_type" in node.attrs and node.attrs["data_type"] == "data":
            print(node.path, node.attrs["shape"], node.attrs["label"], node.attrs["data_dimension"])
