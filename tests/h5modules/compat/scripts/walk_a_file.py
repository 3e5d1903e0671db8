"""Groups, arrays, attributes and strings below the level of data."""

import tempfile
from pathlib import Path

import numpy as np
from pymodaq_data.data import DataDim
from pymodaq_data.h5modules.backends import CARRAY, GROUP, GroupType, Node, NodeError, SaveType
from pymodaq_data.h5modules.saving import DataType, FileType, H5SaverLowLevel

path = Path(tempfile.mkdtemp()) / "low.h5"
h5 = H5SaverLowLevel(save_type=SaveType.detector)
print(
    h5.init_file(path, raw_group_name="RawData", new_file=True, metadata={"sample": "leaf", "power": 3.5}) is None
    or True
)
print(h5.isopen(), h5.h5_file_name, h5.h5_file_path == path.parent, h5.raw_group.path)
print(h5.raw_group.attrs["sample"], h5.raw_group.attrs["power"], h5.raw_group.attrs["type"])
det = h5.add_det_group(h5.raw_group, title="det", settings_as_xml="<s/>", metadata={"n": 2})
act = h5.add_act_group("/RawData", title="act")
ch = h5.add_generic_group("/RawData", title="logger", group_type=GroupType.data_logger)
scan = h5.add_scan_group("/RawData", "scan")
print(det.name, act.name, scan.name, det.attrs["settings"], det.attrs["n"], det.attrs["type"])
group = h5.add_data_group(det, DataDim.Data1D)
print(group.path, isinstance(group, GROUP), isinstance(group, Node))
array = h5.add_array(
    group,
    "data00",
    DataType["data"],
    array_to_save=np.arange(4.0),
    data_dimension="Data1D",
    title="t",
    metadata={"units": "V"},
)
print(
    array.name,
    array.attrs["units"],
    array.attrs["shape"],
    array.attrs["data_type"],
    isinstance(array, CARRAY),
    array.read(),
)
empty = h5.add_array(
    group,
    "data01",
    "data",
    data_shape=(2,),
    array_type=np.float64,
    scan_shape=(3,),
    add_scan_dim=True,
    data_dimension="Data1D",
)
print(empty.attrs["shape"], np.isnan(empty.read()).all())
growing = h5.add_array(
    group,
    "data02",
    "data_enlargeable",
    data_shape=(2,),
    array_type=np.float64,
    enlargeable=True,
    data_dimension="Data1D",
)
growing.append(np.array([1.0, 2.0]))
growing.append(np.array([3.0, 4.0]))
print(growing.read().tolist(), len(growing))
texts = h5.add_string_array(group, "texts")
texts.append("hello")
texts.append("world")
print(texts.read(), texts[1])
h5.set_attr(group, "flag", True)
group.attrs["when"] = 12
print(h5.get_attr(group, "flag"), group.attrs["when"], "flag" in group.attrs, sorted(h5.get_children(det)))
print(
    h5.get_node("/RawData/Detector000/Data1D", "Data00").path,
    h5.is_node_in_group(group, "Data00"),
    h5.get_node_name(array),
)
print(sorted(node.path for node in h5.walk_nodes(det)), [node.path for node in h5.walk_groups(det)])
print(array.parent_node.path, det.children_name(), sorted(group.children()))
print(h5.get_node_from_title("/", "det").path, h5.get_node_from_attribute_match("/", "n", 2).path)
print(h5.get_group_by_title("/RawData", "act").name, h5.get_parent_node(group).name)
try:
    h5.get_node("/RawData/Nothing")
except NodeError:
    print("no such node")
h5.flush()
h5.close_file()
print(h5.isopen())
again = H5SaverLowLevel()
again.init_file(path, mode="r")
print(again.get_node("/RawData/Detector000/Data1D/Data00").read(), again.root().attrs["file"])
again.close_file()
print(FileType["scan"].name, DataType.data_enlargeable.value, GroupType["ch"].name, SaveType.names())
