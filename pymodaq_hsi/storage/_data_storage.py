"""DataStorage, the QObject: properties, signals and slots over `Runs`, which does the work."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PyQt5 import sip
from PyQt5.QtCore import QCoreApplication, QObject, Qt, QThread, pyqtSignal

from h5modules.errors import H5ModulesError
from h5modules.exporting import export
from pymodaq_hsi.errors import HsiError, OutputError, StorageError
from pymodaq_hsi.storage._detectors import axes_of, key_of, shape_of
from pymodaq_hsi.storage._link import Link
from pymodaq_hsi.storage._named_files import NamedFiles
from pymodaq_hsi.storage._runfile import SCAN
from pymodaq_hsi.storage._runs import Runs
from pymodaq_hsi.storage._tag import tag_text

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from pymodaq_hsi.storage._run import Run

__all__ = ["DataStorage"]

_COMPRESSIONS = ("none", "zlib", "blosc2")
_MEMORY = 2 << 30


class DataStorage(NamedFiles):
    """Keeps runs of detectors in files, frame by frame as they come.

    Parameters
    ----------
    base, folder, name : str
        Files are ``base/folder/name_number.h5``; the current folder, none and "data" by default.
    enabled, numbered : bool
    compression : {"none", "zlib", "blosc2"}
    npz : bool
        Export each run as .npz too, beside its file.
    memory : int
        Bytes for frames that could not be written, at most; 2 GiB by default.
    late : float
        Seconds that a run which is ended waits for frames that are missing, after the last that came.
    parent : QObject, optional

    Notes
    -----
    ::

        idle ──reserve──> acquiring ──save──> writing ──> idle
                              │                  │
                              └────> failed <────┘        save, to another place if need be, tries again

    `update` can be called in any thread. What it has returned from is in the file, even if the process is killed the
    next moment. Signals are emitted in the thread that the storage lives in, which needs an event loop for what happens
    in others.
    """

    savingStateChanged = pyqtSignal(bool)  # noqa: N815
    """Whether a run has begun whose file is not complete yet. False after a failure too: see `state`."""
    tagRequest = pyqtSignal(dict)  # noqa: N815
    """A run has begun: listeners put into the dict what is to be known of it."""
    stateChanged = pyqtSignal(str)  # noqa: N815
    """idle, acquiring, writing, or failed."""
    failed = pyqtSignal(str)
    """Something could not be written, and why. What has come is in the file or in memory; `save` tries again."""
    noticed = pyqtSignal(str)
    """Something was left out, and why: frames that do not belong to the run, axes that do not fit."""

    _awoken = pyqtSignal()
    _tag_wanted = pyqtSignal(object)

    def __init__(
        self,
        *,
        base: str | os.PathLike[str] = "",
        folder: str = "",
        name: str = "data",
        enabled: bool = True,
        numbered: bool = True,
        compression: str = "none",
        npz: bool = False,
        memory: int = _MEMORY,
        late: float = 0.5,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(base, folder, name, numbered, parent)
        if compression not in _COMPRESSIONS:
            raise StorageError(f"compression is {compression!r}; take one of {', '.join(_COMPRESSIONS)}")
        for what, value in (("memory", memory), ("late", late)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise StorageError(f"{what} is {value!r}; give a number of 0 or more")
        self._enabled = bool(enabled)
        self._compression = compression
        self.npz = npz
        self._runs = Runs(self._wake, self._after, memory=memory, late=late)
        self._links: list[Link] = []
        self._awoken.connect(self._tell, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]  # not in stubs
        self._tag_wanted.connect(self._request_tag, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    # what it does

    @property
    def enabled(self) -> bool:
        """Whether runs that begin are kept; one that has begun is kept to its end."""
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._enabled = bool(value)

    @property
    def saving(self) -> bool:
        """Whether a run has begun whose file is not complete yet, and which has not failed."""
        return self._runs.saving

    @property
    def state(self) -> str:
        """What it is doing: idle, acquiring, writing, or failed."""
        return self._runs.state

    @property
    def path(self) -> Path | None:
        """File of the run that was reserved last; None if none was."""
        return None if self._runs.last is None else self._runs.last.path

    @property
    def progress(self) -> tuple[int, int | None]:
        """Frames of that run that have come, and how many it is to have, None if that is not known yet."""
        return (0, None) if self._runs.last is None else self._runs.last.progress

    @property
    def unsaved(self) -> tuple[str, ...]:
        """Why runs could not be written, for each; their data is kept until `save` succeeds, or `discard`."""
        return tuple(run.failure for run in self._runs.failed)

    # runs

    def reserve(self, shape: object, fillValue: float | None = None) -> None:  # noqa: N803
        """Begin a run: take path and number, make the file, ask for its tag. The run before it ends.

        Parameters
        ----------
        shape : tuple of int
            Of all the data: dimensions of the scan, then of a frame. The index of the first frame says how many are the
            scan's.
        fillValue : float, optional
            What is read where nothing was measured: by default NaN, and 0 for integers and where the detector's numbers
            do not include it. The array Measured says in any case what was.

        Raises
        ------
        StorageError
            No shape, or no fill value.
        OutputExists, OutputError
            There is such a file, or it cannot be made. No run has begun.
        """
        if self._enabled:
            self._reserve(shape, fillValue)

    def _reserve(self, shape: object, fill: float | None = None, *, keep: bool = False) -> Run:
        return self._runs.reserve(self.place, shape, fill, self._compression, self._ask, keep=keep)

    def _ask(self, run: Run) -> str | None:
        """Return what the listeners say; None if they live in another thread, and will be asked there."""
        if QThread.currentThread() != self.thread():
            self._tag_wanted.emit(run)
            return None
        tag: dict[Any, Any] = {}
        self.tagRequest.emit(tag)
        return tag_text(tag)

    def _request_tag(self, run: Run) -> None:
        tag: dict[Any, Any] = {}
        self.tagRequest.emit(tag)
        run.set_tag(tag_text(tag))

    def update(self, data: object, detector: object = None) -> bool:
        """Take frames; can be connected to a signal, and never raises.

        Parameters
        ----------
        data : dict of tuple of int to array_like
            Frames by index.
        detector : object, optional
            Whose they are: the detector or its name. Each has a dataset of its own.

        Returns
        -------
        bool
            Whether all of them are in the file. `noticed` says what was not taken, and why; `failed`, what could not be
            written, and is in memory.
        """
        return self._runs.update(data, key_of(detector))

    def save(self, axes: Any = None) -> None:
        """End the run, and have its file completed in the background; the same for runs that failed.

        Where frames are missing, they are waited for as long as some come. Runs that failed are written to their file,
        or, if base, folder or name are others now, there.

        Parameters
        ----------
        axes : sequence of array_like, or dict of such by detector, optional
            Coordinates for each dimension: arrays, `h5modules.data.Axis`, or None.

        Raises
        ------
        StorageError
            They do not fit the data; nothing was ended.
        """
        self._runs.save(axes, self.place)

    def discard(self) -> None:
        """Give up the data of runs that failed."""
        self._runs.discard()

    def close(self, timeout: float | None = None) -> bool:
        """End what runs, and wait until all is written.

        Parameters
        ----------
        timeout : float, optional
            Seconds; for ever by default.

        Returns
        -------
        bool
            Whether all is in files.
        """
        for link in self._links:
            link.cut()
        self._links.clear()
        QCoreApplication.sendPostedEvents(self)
        done = self._runs.close(timeout)
        self._tell()
        return done

    def exportNpz(self, source: Path | str | None = None, target: Path | str | None = None) -> Path:  # noqa: N802
        """Export the data of a file as .npz, which is read without unpickling: arrays, axes, and the rest as JSON.

        Parameters
        ----------
        source : path, optional
            By default the file of the run that was reserved last, which has to be complete.
        target : path, optional
            By default beside it; a file that is there is an error.

        Raises
        ------
        OutputError
            There is no such file, or the export cannot be written.
        """
        source = self.path if source is None else source
        if source is None:
            raise OutputError("no run has been saved yet that could be exported; name a file")
        try:
            return export(source, SCAN, target, to="npz").files[0]
        except (OSError, H5ModulesError) as error:
            raise OutputError(f"{source} could not be exported: {error}") from error

    def _after(self, run: Run) -> None:
        if self.npz:
            try:
                self.exportNpz(run.path)
            except OutputError as error:
                self._runs.tell(("noticed", f"{error}. The run itself is complete"))

    # detectors

    def connect(self, detector: Any) -> None:
        """Let a detector begin and end runs, and keep its frames. Connecting it again does nothing.

        Its signals are taken in the thread that emits them: when ``dataAcquired.emit`` returns, the frame is in the
        file.

        Parameters
        ----------
        detector : object
            With the signals ``dataAcquired(dict)`` and ``busyStateChanged(bool)``. `dataShape` (or `indexShape` and
            `frameShape`, or `shape`) says what it will give, `axes` what the axes are. Without a shape, `reserve` has
            to be called for each run.

        Raises
        ------
        StorageError
            It has no such signals.
        """
        if any(link.detector is detector for link in self._links):
            return
        for name in ("dataAcquired", "busyStateChanged"):
            if not hasattr(getattr(detector, name, None), "connect"):
                raise StorageError(
                    f"{detector!r:.80} has no signal {name}; a detector has dataAcquired and busyStateChanged"
                )
        self._links.append(Link(self, detector))

    def begin_detector(self, detector: object) -> None:
        """Take note that a connected detector begins to measure."""
        if not self._enabled:
            return
        shape = None
        try:
            shape = shape_of(detector)
        except StorageError as error:
            self._runs.tell(("noticed", f"{error}; call reserve for its runs"))
        try:
            self._runs.begin_detector(key_of(detector), shape, lambda: self._reserve(shape, keep=True))
        except HsiError as error:
            self._runs.tell(("noticed", f"no run has begun: {error}"))

    def end_detector(self, detector: object, *, gone: bool = False) -> None:
        """Take note that a connected detector measures no more."""
        axes = None
        try:
            axes = None if gone else axes_of(detector)
        except StorageError as error:
            self._runs.tell(("noticed", f"{error}; the data is saved without axes"))
        self._runs.end_detector(key_of(detector), axes)

    # telling

    def _wake(self) -> None:
        """Tell what has happened, in the thread of this object."""
        if sip.isdeleted(self):
            return
        if QThread.currentThread() == self.thread():
            self._tell()
        else:
            self._awoken.emit()

    def _tell(self) -> None:
        signals = {
            "state": self.stateChanged,
            "failed": self.failed,
            "saving": self.savingStateChanged,
            "noticed": self.noticed,
        }
        while (news := self._runs.next_news()) is not None:
            kind, value = news
            if kind == "number":
                self.tell_number()
            else:
                signals[kind].emit(value)
