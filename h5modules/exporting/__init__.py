"""Exporting data of files to other formats, block by block, so that it works for data of any size.

==========  ==================================================================================  ====================
``hdf5``    a part of the file as a file of its own, with the same paths                        PyMoDAQ, h5py
``csv``     tables, the wavelengths in the heading; ``layout="long"``: one value a row          anything
``txt``     the same for `numpy.loadtxt`                                                        NumPy, Origin, Matlab
``npy``     one array without anything else                                                     NumPy
``npz``     arrays, axes, and the rest as JSON                                                  NumPy
``netcdf``  NetCDF-4                                                                            xarray, netCDF4
``zarr``    Zarr                                                                                xarray, zarr
``nexus``   NXdata                                                                              silx, nexusformat
``tiff``    a plane per band, with names and wavelengths                                        GDAL, QGIS, ImageJ
``hspy``    HyperSpy's format                                                                   HyperSpy, RosettaSciIO
==========  ==================================================================================  ====================

Packages add formats under the entry-point group ``pymodaq_hsi.exporters``: each entry is a `Format`.

>>> import tempfile
>>> from pathlib import Path
>>> import numpy as np
>>> from h5modules.data import Axis, DataRaw
>>> from h5modules.data_saving import DataSaverLoader
>>> from h5modules.exporting import export
>>> folder = tempfile.TemporaryDirectory()
>>> path = Path(folder.name) / "spectrum.h5"
>>> with DataSaverLoader(path) as saver:
...     axis = Axis("Wavelength", "nm", np.linspace(400, 700, 4))
...     saver.add_data("/RawData", DataRaw("spectrum", data=[np.arange(4.0)], units="counts", axes=[axis]))
>>> written = export(path, "/RawData/Data00", Path(folder.name) / "spectrum.csv", comments=False)
>>> print(written.files[0].read_text())
Wavelength (nm),CH00 (counts)
400.0,0.0
500.0,1.0
600.0,2.0
700.0,3.0
<BLANKLINE>
>>> folder.cleanup()
"""

from __future__ import annotations

from h5modules.exporting._arrays import StoredArray
from h5modules.exporting._cube import CubeView, cubes_first
from h5modules.exporting._describing import description
from h5modules.exporting._export import Exported, export
from h5modules.exporting._format import Format, Job, Per
from h5modules.exporting._georeference import MAP_INFO
from h5modules.exporting._registry import GROUP, find_format, format_for, formats
from h5modules.exporting._stored import StoredData, StoredLoader

__all__ = [
    "GROUP",
    "MAP_INFO",
    "CubeView",
    "Exported",
    "Format",
    "Job",
    "Per",
    "StoredArray",
    "StoredData",
    "StoredLoader",
    "cubes_first",
    "description",
    "export",
    "find_format",
    "format_for",
    "formats",
]
