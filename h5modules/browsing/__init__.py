"""Looking at files: tree, attributes, what a node is, where something is; without Qt, and without running anything.

>>> import tempfile
>>> from pathlib import Path
>>> import numpy as np
>>> from h5modules.browsing import find, summary, tree_text
>>> from h5modules.data import Axis, DataRaw
>>> from h5modules.data_saving import DataSaverLoader
>>> folder = tempfile.TemporaryDirectory()
>>> path = Path(folder.name) / "spectrum.h5"
>>> with DataSaverLoader(path) as saver:
...     axis = Axis("Wavelength", "nm", np.linspace(400, 700, 4))
...     saver.add_data("/RawData", DataRaw("spectrum", data=[np.arange(4.0)], units="counts", axes=[axis]))
>>> print(tree_text(path))
/  'PyMoDAQ file'
└── RawData  'Data from PyMoDAQ modules'
    ├── Axis00  4  float64  nm  32 B  'Wavelength'
    ├── Data00  4  float64  counts  32 B  'spectrum'
    └── Logger  0
>>> [node.path for node in find(path, type="data")]
['/RawData/Data00']
>>> [(axis.label, axis.units, axis.size) for axis in summary(path, "/RawData/Data00").axes]
[('Wavelength', 'nm', 4)]
>>> folder.cleanup()
"""

from __future__ import annotations

from h5modules.browsing._browse import Source, attributes, find, summary, tree, tree_text, walk
from h5modules.browsing._browser import H5BrowserUtil
from h5modules.browsing._summary import AxisSummary, NodeSummary

__all__ = [
    "AxisSummary",
    "H5BrowserUtil",
    "NodeSummary",
    "Source",
    "attributes",
    "find",
    "summary",
    "tree",
    "tree_text",
    "walk",
]
