"""DataStorage: runs of detectors kept in files while they are measured.

>>> from pymodaq_hsi.storage import DataStorage  # doctest: +SKIP
>>> storage = DataStorage(base="data", name="scan")  # doctest: +SKIP
>>> storage.reserve((100, 256, 640))  # doctest: +SKIP

`DataStorage` needs PyQt5 (``pip install pymodaq-hsi[gui]``), `read_tag` does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymodaq_hsi.storage._runfile import read_tag

if TYPE_CHECKING:
    from pymodaq_hsi.storage._data_storage import DataStorage

__all__ = ["DataStorage", "read_tag"]


def __getattr__(name: str) -> Any:
    if name != "DataStorage":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from pymodaq_hsi.storage._data_storage import DataStorage
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "PyQt5":
            raise
        raise ImportError(f"DataStorage needs PyQt5 ({error}): pip install pymodaq-hsi[gui]", name="PyQt5") from error
    return DataStorage
