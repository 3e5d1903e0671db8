"""Cameras that run to be looked at, and the pictures of any acquisition that clients are shown."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.devices import InstrumentDevice
from pymodaq_hsi.errors import DeviceLost, HsiError
from pymodaq_hsi.station.core import Right, command
from pymodaq_hsi.station.failures import error_message
from pymodaq_hsi.station.feeds import check_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymodaq_hsi.devices import Buffer
    from pymodaq_hsi.drivers import FrameFormat
    from pymodaq_hsi.station.core import Core
    from pymodaq_hsi.station.hub import Message

__all__ = ["FrameTap", "LiveView", "LiveViews"]

_log = logging.getLogger(__name__)
_MOST_LINES = 10_000


class FrameTap:
    """Pictures of what a camera delivers to whoever acquires from it; the latest wins, none is waited for.

    Parameters
    ----------
    device : InstrumentDevice
        See `look_at`.
    rate : float
        Pictures a second, at most.
    longest : int
        Samples along each axis, at most: of larger frames every second, third, ... is taken. 0 for all.
    bands : list of int
        Indexes on the dispersion axis (of a frame of one line: on that line); of each frame these are kept until the
        next picture, as lines of a waterfall.

    Notes
    -----
    `get` returns ``(header, picture, lines)``. The header has ``number``, ``timestamp_ns``, ``shape`` and ``dtype`` of
    the picture, ``step`` (samples left out, by axis), ``frame_shape``, ``dispersion_axis``, ``wavelengths`` (nm, of the
    picture's samples), ``saturation``, ``saturated`` (how many samples of the whole frame are), ``unit``, ``dropped``,
    ``waiting``, ``held``, ``buffers``, ``frames`` (since the picture before), ``reference``, ``lines``, the shape of
    the lines, ``(n, pixels, bands)``, and what it was asked for with: ``longest`` and ``bands``.
    """

    def __init__(self, device: InstrumentDevice, rate: float = 20.0, longest: int = 512, bands: tuple[int, ...] = ()):
        check_pictures(rate, longest)
        self.device = device
        self._interval = 1 / rate
        self._longest = longest
        self._bands = list(bands)
        self._next = 0.0
        self._frames = 0
        self._lines: deque[npt.NDArray[Any]] = deque(maxlen=_MOST_LINES)
        self._ready = threading.Condition()
        self._latest: tuple[Message, npt.NDArray[Any], npt.NDArray[Any]] | None = None
        self._ended = False
        self._failed = False
        self._end = device.watch(self._take)

    def __enter__(self) -> FrameTap:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended

    def get(self, timeout: float | None = None) -> tuple[Message, npt.NDArray[Any], npt.NDArray[Any]] | None:
        """Return the latest picture that was not returned yet; None after `timeout` seconds, or when it was closed."""
        with self._ready:
            self._ready.wait_for(lambda: self._latest is not None or self._ended, timeout)
            latest, self._latest = self._latest, None
            return latest

    def change(
        self, rate: float | None = None, longest: int | None = None, bands: tuple[int, ...] | None = None
    ) -> None:
        """Ask for other pictures from now on; None leaves a setting as it is.

        Raises
        ------
        CommandInvalid
            Nothing is changed.
        """
        check_pictures(rate, longest)
        with self._ready:
            if rate is not None:
                self._interval, self._next = 1 / rate, 0.0
            longest = self._longest if longest is None else longest
            if bands is not None and list(bands) != self._bands:
                self._bands = list(bands)
                self._lines.clear()
                self._latest = None
            elif longest != self._longest and self._latest is not None:  # its lines are still wanted
                self._lines.extendleft(reversed(list(self._latest[2])))
                self._frames += self._latest[0]["frames"]
                self._latest = None
            self._longest = longest

    def look_at(self, device: InstrumentDevice) -> None:
        """Go on with another device, or with the same one after it was connected again."""
        if device is self.device or self._ended:
            return
        self._end()
        self.device, self._failed = device, False
        self._end = device.watch(self._take)

    def close(self) -> None:
        """Look no more."""
        self._end()
        with self._ready:
            self._ended = True
            self._ready.notify_all()

    def _take(self, buffer: Buffer) -> None:
        """Copy what is wanted; in the thread that acquires, which nothing here may end or hold up."""
        try:
            with self._ready:
                self._copy(buffer)
        except Exception:
            if not self._failed:
                _log.exception("%s: its frames cannot be shown", self.device.display_name)
            self._failed = True

    def _copy(self, buffer: Buffer) -> None:
        form = buffer.format
        self._frames += 1
        along = _line_axis(form)
        if self._bands and along is not None:
            bands = np.clip(self._bands, 0, form.shape[along] - 1)
            line = np.array(np.take(buffer.data, bands, axis=along), subok=False)
            line = line.T if len(form.shape) == 2 and along == 0 else np.atleast_2d(line)
            if self._lines and not _alike(self._lines[-1], line):
                self._lines.clear()
            self._lines.append(line)
        now = time.monotonic()
        if now < self._next:
            return
        self._next = max(self._next + self._interval, now + 0.5 * self._interval)
        step = [math.ceil(n / self._longest) if self._longest else 1 for n in form.shape]
        first = [0] * len(step)
        falling = _falling_axis(form)
        if falling is not None:  # thinned out from the shortest wavelength on, as references are
            first[falling] = (form.shape[falling] - 1) % step[falling]
        thinned = tuple(slice(at, None, each) for at, each in zip(first, step, strict=True))
        picture = np.array(buffer.data[thinned], subok=False, order="C")
        lines = np.array(self._lines) if self._lines else np.empty((0, 0, 0), picture.dtype)
        if lines.dtype != picture.dtype:  # of the frames before the camera was changed to others
            lines = np.empty((0, 0, 0), picture.dtype)
        wavelengths = None
        if form.wavelengths is not None and form.dispersion_axis is not None:
            wavelengths = list(form.wavelengths[thinned[form.dispersion_axis]])
        known = form.saturation is not None and picture.dtype.kind in "iuf"
        header: Message = {
            "number": buffer.number,
            "timestamp_ns": buffer.timestamp_ns,
            "shape": list(picture.shape),
            "dtype": picture.dtype.str,
            "step": step,
            "frame_shape": list(form.shape),
            "dispersion_axis": form.dispersion_axis,
            "wavelengths": wavelengths,
            "saturation": form.saturation,
            "saturated": int(np.count_nonzero(buffer.data >= form.saturation)) if known else 0,
            "unit": form.unit,
            "reference": None if buffer.reference_name is None else str(buffer.reference_name),
            "dropped": self.device.dropped,
            "waiting": self.device.waiting,
            "held": self.device.held,
            "buffers": self.device.buffer_count,
            "frames": self._frames,
            "lines": list(lines.shape),
            "longest": self._longest,
            "bands": list(self._bands),
        }
        if self._latest is not None:  # what was not fetched of the lines stays with those that come after them
            before = self._latest[2]
            header["frames"] += self._latest[0]["frames"]
            if before.size and lines.size and _alike(before[0], lines[0]):
                lines = np.concatenate([before, lines])[-_MOST_LINES:]
                header["lines"] = list(lines.shape)
        self._latest = header, picture, lines
        self._ready.notify_all()
        self._lines.clear()
        self._frames = 0


def _alike(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Whether two lines can be lines of one waterfall."""
    return one.shape == other.shape and one.dtype == other.dtype


def _line_axis(form: FrameFormat) -> int | None:
    """Return the axis along which a frame is a line of a waterfall; None for frames that are pictures by themselves."""
    if len(form.shape) == 1:
        return 0
    if len(form.shape) != 2:
        return None
    return 1 if form.dispersion_axis is None and form.shape[0] == 1 else form.dispersion_axis


def _falling_axis(form: FrameFormat) -> int | None:
    """Return the axis along which the wavelengths fall, None if they do not."""
    known = form.wavelengths
    return form.dispersion_axis if known is not None and known[0] > known[-1] else None


class LiveView:
    """An acquisition for nobody but those who watch."""

    def __init__(self, name: str, device: InstrumentDevice, core: Core) -> None:
        self.name = name
        self.device = device
        self.lost = False
        self._core = core
        self._stop = threading.Event()
        device.start_acquisition()
        self._thread = threading.Thread(target=self._run, name=f"station live {name}", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 15.0) -> None:
        """End it."""
        self._stop.set()
        self._thread.join(timeout)

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive() and not self._stop.is_set()

    def _run(self) -> None:
        try:
            try:
                while not self._stop.is_set():
                    buffer = self.device.retrieve_buffer(0.2)
                    if buffer is not None:
                        buffer.release()
            finally:
                self.device.stop_acquisition()
        except Exception as error:  # of whatever kind: whoever looks is told
            if not isinstance(error, HsiError):
                _log.exception("the live view of %s has ended in an unforeseen way", self.name)
            if not self._stop.is_set():
                self.lost = isinstance(error, DeviceLost)
                self._stop.set()
                self._core.hub.publish("live", device=self.name, running=False, error=error_message(error))


class LiveViews:
    """Starts and stops live views, and gets them out of the way of scans and references."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._views: dict[str, LiveView] = {}
        self._taps: dict[FrameTap, str] = {}
        self._waiting: set[str] = set()
        """Cameras that were lost while they ran to be looked at."""

    def tap(self, device: str, rate: float, longest: int, bands: tuple[int, ...]) -> FrameTap:
        """Return pictures of whatever camera has this name in the station, now or later."""
        tap = FrameTap(self._core.camera(device), rate, longest, bands)
        name = self._core.keeper(device).name
        with self._core.lock:
            self._taps = {each: of for each, of in self._taps.items() if not each.ended} | {tap: name}
        return tap

    def take_connected(self, names: list[str]) -> None:
        """Go on with the pictures of cameras that are connected, or connected again."""
        for tap, name in list(self._taps.items()):
            if name in names and isinstance(device := self._core.keeper(name).device, InstrumentDevice):
                tap.look_at(device)
        for name in self._waiting & set(names):
            self._start_again(name)

    def running(self) -> list[str]:
        """Return the cameras that run to be looked at."""
        return [name for name, view in list(self._views.items()) if view.running]

    @command(Right.WRITE)
    def start_live(self, device: str) -> None:
        """Let a camera run, to be looked at; a scan or a reference interrupts it and lets it go on after."""
        camera, name = self._core.camera(device), self._core.keeper(device).name
        self._core.refuse_in_use(name, "a live view")
        with self._core.keeper(name).busy:
            if name in self.running():
                return
            self._views[name] = LiveView(name, camera, self._core)
            self._waiting.discard(name)
        self._core.hub.publish("live", device=name, running=True)

    @command(Right.WRITE)
    def stop_live(self, device: str) -> None:
        """End a live view."""
        self._core.camera(device)
        self.forget([self._core.keeper(device).name])

    def forget(self, names: list[str]) -> None:
        """End live views, and start none of them again."""
        self.halt(names)
        self._waiting -= set(names)

    def halt(self, names: list[str]) -> list[str]:
        """End live views; return those that ran."""
        views = [view for name in names if (view := self._views.pop(name, None)) is not None]
        running = [view.name for view in views if view.running]
        self._waiting |= {view.name for view in views if view.lost}
        for view in views:
            view.stop()
        for name in running:
            self._core.hub.publish("live", device=name, running=False)
        return running

    @contextlib.contextmanager
    def interrupted(self, names: list[str]) -> Iterator[None]:
        """Stop the live views of some cameras for the time of a block."""
        halted = self.halt(names)
        try:
            yield
        finally:
            for name in halted:
                self._start_again(name)

    def _start_again(self, name: str) -> None:
        keeper = self._core.keepers.get(name)
        if keeper is None:
            self._waiting.discard(name)
        elif not keeper.device.connected:
            self._waiting.add(name)
        else:
            try:
                self.start_live(name)
            except HsiError as error:
                self._core.hub.publish("live", device=name, running=False, error=error_message(error))

    def close(self) -> None:
        """End all of them."""
        self.halt(list(self._views))
        for tap in list(self._taps):
            tap.close()
