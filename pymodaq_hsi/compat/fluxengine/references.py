"""References on disk, by the documents' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.compat.fluxengine.buffers import BufferContainer
from pymodaq_hsi.devices import BufferContainer as OurContainer
from pymodaq_hsi.errors import CalibrationError
from pymodaq_hsi.processing import Reference, ReferenceImportFlag, export_reference
from pymodaq_hsi.processing.hsiref import StoredReference
from pymodaq_hsi.processing.reference_files import load_stored

if TYPE_CHECKING:
    import os

    from pymodaq_hsi.compat.fluxengine.devices import InstrumentDevice

__all__ = ["exportReference", "importReference"]


def exportReference(
    device: InstrumentDevice, referenceData: BufferContainer | Reference, fileName: str | os.PathLike[str]
) -> None:
    """Write a reference to a file, usually ``.hsiref``; one that is there is replaced, at once and whole.

    Raises
    ------
    CalibrationError
        It does not fit the device's frames, is empty, or is a ring container.
    OutputError
    """
    ours = referenceData.ours if isinstance(referenceData, BufferContainer) else referenceData
    if not isinstance(ours, OurContainer | Reference | StoredReference):
        raise CalibrationError(
            f"{type(referenceData).__name__} holds no raw frames of a reference; give a BufferContainer(device, count)"
        )
    export_reference(device.ours, ours, fileName)


def importReference(
    device: InstrumentDevice, fileName: str | os.PathLike[str], flags: ReferenceImportFlag | int | None = 0
) -> BufferContainer:
    """Read a ``.hsiref`` file, or an ENVI cube, for an instrument.

    Returns
    -------
    BufferContainer
        Ready for `InstrumentParameters`; with the frames where the file has them.

    Raises
    ------
    ReferenceFileError, EnviError, CalibrationError, ReferenceMismatch
        See `pymodaq_hsi.import_reference`.
    """
    stored, accepted = load_stored(device.ours, fileName, ReferenceImportFlag(flags or 0), frames=True)
    return BufferContainer.of(stored, accepted)
