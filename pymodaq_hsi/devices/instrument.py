"""Connected instruments: buffers and acquisitions."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices.buffers import Buffer
from pymodaq_hsi.devices.container import whole_number
from pymodaq_hsi.devices.device import Device
from pymodaq_hsi.devices.lights import force_lights_off
from pymodaq_hsi.drivers import FrameFormat, ReferenceName
from pymodaq_hsi.errors import AcquisitionError, DeviceLost, DeviceTimeout, HsiError
from pymodaq_hsi.hosting.failures import error_from_message
from pymodaq_hsi.hosting.ring import RingLayout, RingReader
from pymodaq_hsi.hosting.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Acquisition", "AcquisitionParameters", "InstrumentDevice"]

FEWEST_BUFFERS = 5

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class AcquisitionParameters:
    """How to acquire.

    Attributes
    ----------
    buffer_count : int
        Buffers to use, up to those set up: few for low latency, many where reading may pause.
    reference_name : str or None
        "WhiteReference", "DarkReference" (all connected lights are forced off for the time of it), or None.
    """

    buffer_count: int = FEWEST_BUFFERS
    reference_name: ReferenceName | str | None = None


class InstrumentDevice(Device):
    """A camera or spectrometer."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ring: RingReader | None = None
        self._reading = threading.RLock()  # a Ctrl-C at a bad moment may leave it taken, by the thread that goes on
        self._lights = threading.Lock()
        self._slots = 0
        self._dropped = 0
        self._acquiring = False
        self._reference: ReferenceName | None = None
        self._failure: HsiError | None = None
        self._failed = threading.Event()
        self._lights_back: Callable[[], None] | None = None
        self._watchers: tuple[Callable[[Buffer], None], ...] = ()

    @property
    def acquiring(self) -> bool:
        """Whether an acquisition is running."""
        return self._acquiring

    @property
    def buffer_count(self) -> int:
        """How many buffers are set up."""
        return self._slots

    @property
    def dropped(self) -> int:
        """Frames lost since the acquisition was started, whoever lost them."""
        return self._ring.dropped if self._ring is not None else self._dropped

    @property
    def held(self) -> int:
        """Buffers that are with the application, or with arrays that it has made of them."""
        return self._ring.held if self._ring is not None else 0

    @property
    def waiting(self) -> int:
        """Frames that wait to be retrieved."""
        return self._ring.waiting if self._ring is not None else 0

    def frame_format(self) -> FrameFormat:
        """Return what the frames look like with the present settings."""
        return FrameFormat.from_message(self.request("format"))

    def reference_settings(self) -> dict[str, Any]:
        """Return the settings that a reference depends on, by parameter name, and the serial number."""
        values = self.values()
        names = [spec.name for spec in self._info.parameters() if spec.affects_reference and spec.name in values]
        return {name: values[name] for name in names} | {"SerialNumber": self.serial_number}

    def setup_internal_buffers(self, count: int) -> None:
        """Size the shared memory for frames of the present geometry.

        Parameters
        ----------
        count : int
            The most buffers that an acquisition may use; at least 5. A hundred and more for recording.

        Raises
        ------
        AcquisitionError
            Fewer than 5, an acquisition is running, or there is not that much shared memory.
        """
        if (count := whole_number(count, "buffers", self.display_name)) < FEWEST_BUFFERS:
            raise AcquisitionError(
                f"{self.display_name}: {count} buffers are too few; set up {FEWEST_BUFFERS} or more", device=self.name
            )
        self._refuse_while_acquiring("set up buffers")
        frame_format = self.frame_format()
        layout = RingLayout(count, frame_format.nbytes)
        segment = Segment.create(layout.size)
        try:
            layout.write(segment)
            self.request("attach", segment=segment.name)
        finally:
            segment.unlink()
        self._ring = RingReader(segment, self._host.bell, frame_format)
        self._slots = count

    def start_acquisition(self, parameters: AcquisitionParameters | None = None) -> None:
        """Start; frames come until `stop_acquisition`.

        Raises
        ------
        AcquisitionError
            One is running already, or more buffers were asked for than are set up.
        DriverError, DeviceLost, DeviceTimeout
            Nothing was started, and the lights are as they were.
        """
        parameters = parameters or AcquisitionParameters()
        self._refuse_while_acquiring("start another")
        reference = self._reference_name(parameters.reference_name)
        count = whole_number(parameters.buffer_count, "buffers", self.display_name)
        ring = self._ring_for(count)
        if reference is ReferenceName.Dark:
            self._lights_back = force_lights_off()
        try:
            with self._reading:
                self._failure = None
                self._failed.clear()
                ring.begin()
                started = self.request("start", buffer_count=count, reference=reference)
                ring.format = FrameFormat.from_message(started)
                self._reference = reference
                self._acquiring = True
        except BaseException as error:
            self.tell("stop")  # it may start after all, when nobody waits for it any more
            self._restore_lights(error)
            raise

    def retrieve_buffer(self, timeout: float = 1.0) -> Buffer | None:
        """Return the next frame, or None if none came within `timeout` seconds.

        Raises
        ------
        AcquisitionError
            No acquisition is running.
        DriverError
            The driver ended the acquisition; all frames that it delivered before have been retrieved.
        DeviceLost, DriverCrashed
            The same, for the driver's process.
        """
        deadline = time.monotonic() + timeout
        if not self._reading.acquire(timeout=max(0.0, timeout)):  # one thread at a time
            return None
        try:
            while True:
                ring = self._acquiring_ring()
                lease = ring.take()
                if lease is None and ring.failed:
                    lease = ring.take()  # published between the two looks
                    if lease is None:
                        raise self._reason()
                if lease is not None:
                    buffer = Buffer(lease, ring.format, self._reference)
                    for look in self._watchers:
                        look(buffer)
                    return buffer
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._listen(ring, left)
        finally:
            self._reading.release()

    def watch(self, look: Callable[[Buffer], None]) -> Callable[[], None]:
        """Have `look(buffer)` called with each frame, before whoever retrieves it gets it; returns what ends that.

        It delays the acquisition and must not raise: copy what is wanted, and be done.
        """
        self._watchers = (*self._watchers, look)

        def end() -> None:
            self._watchers = tuple(each for each in self._watchers if each is not look)

        return end

    def return_buffer(self, buffer: Buffer) -> None:
        """Give a buffer back; views of its data refuse from now on."""
        buffer.release()

    def stop_acquisition(self) -> None:
        """Stop; frames that were not retrieved are forgotten, lights are put back. Does nothing when stopped.

        Raises
        ------
        DeviceLost, DriverCrashed, DriverError, DeviceTimeout
        """
        if not self._acquiring:
            return
        self._acquiring = False
        try:
            self.request("stop")
        except BaseException as error:
            self._restore_lights(error)
            raise
        self._restore_lights()

    def acquire(
        self, buffer_count: int | None = None, reference_name: ReferenceName | str | None = None
    ) -> Acquisition:
        """Return an acquisition for a ``with`` statement.

        Parameters
        ----------
        buffer_count : int, optional
            All that are set up by default.
        reference_name : str, optional
            As in `AcquisitionParameters`.

        Examples
        --------
        >>> with camera.acquire(buffer_count=50) as acquisition:  # doctest: +SKIP
        ...     for buffer in acquisition.buffers(500, timeout=1.0):
        ...         print(buffer.number, buffer.data.mean())
        """
        count = buffer_count if buffer_count is not None else max(self._slots, FEWEST_BUFFERS)
        return Acquisition(self, AcquisitionParameters(count, reference_name))

    def take_failure(self, tried: str, message: dict[str, Any]) -> None:
        """Take the driver's reason for ending an acquisition; called by the group."""
        self._failure = error_from_message(self.display_name, tried, message)
        self._failed.set()
        if isinstance(self._failure, DeviceLost):
            self.group.take_loss(self._failure)

    def before_close(self) -> None:
        """Put lights back, let go of the buffers that nobody holds; the driver itself stops when it is closed."""
        self._acquiring = False
        self.after_death()
        self._dropped = self.dropped
        self._ring = None

    def restore(self) -> list[str]:
        """Set the parameters again, then the buffers up for the frames that these give; called by the group."""
        refused = super().restore()
        if self._slots:
            self.setup_internal_buffers(self._slots)
        return refused

    def after_death(self) -> None:
        """Put lights back that were forced off for an acquisition which is no more."""
        try:
            self._restore_lights()
        except HsiError:
            _log.exception("%s: the lights could not be put back", self.display_name)

    def _reference_name(self, name: ReferenceName | str | None) -> ReferenceName | None:
        try:
            return ReferenceName(name) if name is not None else None
        except ValueError:
            known = ", ".join(f'"{reference}"' for reference in ReferenceName)
            raise AcquisitionError(f"there is no reference {name!r}; it is {known} or None", device=self.name) from None

    def _ring_for(self, buffer_count: int) -> RingReader:
        if self._ring is None:
            self.setup_internal_buffers(max(buffer_count, FEWEST_BUFFERS))
        elif buffer_count <= self._slots and self.frame_format().nbytes > self._ring.layout.slot_bytes:
            self.setup_internal_buffers(self._slots)  # the region or the binning has changed since
        if not 1 <= buffer_count <= self._slots:
            raise AcquisitionError(
                f"{self.display_name}: {buffer_count} buffers were asked for, {self._slots} are set up; "
                "ask for 1 to that many, or set more up",
                device=self.name,
            )
        assert self._ring is not None
        return self._ring

    def _acquiring_ring(self) -> RingReader:
        ring = self._ring
        if self.group.closed:
            raise DeviceLost(f"{self.display_name} was disconnected; connect it again", device=self.name)
        if ring is None or not self._acquiring:
            raise AcquisitionError(f"{self.display_name}: no acquisition is running; start one", device=self.name)
        return ring

    def _listen(self, ring: RingReader, timeout: float) -> None:
        try:
            ring.wait(timeout)
        except OSError:
            if ring.waiting:
                return  # what it has delivered before its end still counts
            if self._acquiring and not self.group.closed:
                raise self._host.crash("acquiring") from None

    def _reason(self) -> HsiError:
        self._failed.wait(2.0)
        return self._failure or DeviceLost(f"{self.display_name} ended the acquisition", device=self.name)

    def _refuse_while_acquiring(self, what: str) -> None:
        if self._acquiring:
            raise AcquisitionError(
                f"{self.display_name}: cannot {what} while an acquisition is running; stop it first", device=self.name
            )

    def _restore_lights(self, reason: BaseException | None = None) -> None:
        """Put lights back; if that fails too, the `reason` for which it was done says so."""
        with self._lights:  # the end of the driver and the end of the acquisition may come together
            restore, self._lights_back = self._lights_back, None
        if restore is None:
            return
        try:
            restore()
        except HsiError as error:
            if reason is None:
                raise
            reason.add_note(f"and the lights could not be put back: {error}")


class Acquisition:
    """A running acquisition: started by ``with``, stopped at its end whatever happens."""

    def __init__(self, device: InstrumentDevice, parameters: AcquisitionParameters) -> None:
        self.device = device
        self.parameters = parameters

    def __enter__(self) -> Acquisition:
        self.device.start_acquisition(self.parameters)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.device.stop_acquisition()
        except HsiError:
            if kind is None:
                raise  # with an error on its way already, that one says what happened

    @property
    def dropped(self) -> int:
        """Frames lost up to now."""
        return self.device.dropped

    def buffers(self, count: int | None = None, timeout: float = 1.0) -> Iterator[Buffer]:
        """Yield `count` buffers (None: without end), each given back at the end of its turn.

        Parameters
        ----------
        count : int, optional
        timeout : float
            Seconds to wait for each.

        Raises
        ------
        DeviceTimeout
            No frame came in time.
        DriverError, DeviceLost, DriverCrashed
            As `InstrumentDevice.retrieve_buffer`.
        """
        given = 0
        while count is None or given < count:
            buffer = self.device.retrieve_buffer(timeout)
            if buffer is None:
                raise DeviceTimeout(self._too_late(given, count, timeout), device=self.device.name)
            given += 1
            try:
                yield buffer
            finally:
                buffer.release()

    def _too_late(self, given: int, count: int | None, timeout: float) -> str:
        of = f" of {count}" if count is not None else ""
        held, buffers = self.device.held, self.parameters.buffer_count
        if held >= buffers:
            advice = f"all {buffers} buffers are held by the application; give some back, or set more up"
        else:
            advice = "wait longer, or see to the camera's trigger, exposure and frame rate"
        words = " | ".join([line.strip() for line in self.device.last_words.splitlines() if line.strip()][-5:])
        said = f". The driver's last words: {words}" if words else ""
        return (
            f"{self.device.display_name}: no frame within {timeout:g} s; {given}{of} came before, "
            f"{self.dropped} were dropped; {advice}{said}"
        )
