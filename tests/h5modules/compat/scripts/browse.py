"""A file looked through with the browser's tools."""

import tempfile
from pathlib import Path

import numpy as np
from pymodaq_data.data import Axis, DataRaw, DataToExport
from pymodaq_data.h5modules.browsing import H5BrowserUtil
from pymodaq_data.h5modules.data_saving import DataLoader, DataToExportSaver

path = Path(tempfile.mkdtemp()) / "browsed.h5"
spectrum = DataRaw("spectrum", data=[np.arange(4.0)], axes=[Axis("w", "nm", np.linspace(1, 2, 4))], units="V")
with DataToExportSaver(path) as saver:
    saver.add_data(
        saver.add_det_group(saver.raw_group, title="spectrometer", settings_as_xml="<settings/>"),
        DataToExport("set", data=[spectrum]),
    )
browser = H5BrowserUtil(backend="tables")
browser.open_file(path, "r")
attributes, settings, scan_settings, pictures = browser.get_h5_attributes("/RawData/Detector000")
print(attributes["type"], attributes["TITLE"], settings, scan_settings, pictures)
print(browser.get_h5file_scans("/"), browser.isopen())
print(sorted(node.path for node in browser.walk_nodes("/RawData/Detector000")))
print(DataLoader(browser).load_data("/RawData/Detector000/Data1D/CH00/Data00")[0])
browser.close_file()
