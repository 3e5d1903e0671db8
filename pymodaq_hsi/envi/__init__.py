"""ENVI files: a text header and a raw cube beside it, as vendors really write them.

Reading maps the file and shows it as ``(lines, pixels, bands)`` in its own sample type; writing streams lines into
BIP, BIL or BSQ. Needs NumPy only.
"""

from pymodaq_hsi.envi._blocks import WritesLines
from pymodaq_hsi.envi.cube import EnviCube, describe_envi, open_envi, read_header
from pymodaq_hsi.envi.header import EnviHeader, Interleave
from pymodaq_hsi.envi.references import References, find_references, open_reference
from pymodaq_hsi.envi.scaling import ScaledSamples, Scaling
from pymodaq_hsi.envi.writing import write_envi

__all__ = [
    "EnviCube",
    "EnviHeader",
    "Interleave",
    "References",
    "ScaledSamples",
    "Scaling",
    "WritesLines",
    "describe_envi",
    "find_references",
    "open_envi",
    "open_reference",
    "read_header",
    "write_envi",
]
