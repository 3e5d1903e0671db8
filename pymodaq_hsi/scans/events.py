"""What an engine tells while it works: plain data, for a terminal, a window or another process."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "Event",
    "Failed",
    "Finished",
    "PointMeasured",
    "Progress",
    "ScanState",
    "Started",
    "StateChanged",
    "Warned",
    "event_from_message",
]


class ScanState(Enum):
    """Where an engine is.

    ::

        idle ──> preparing ──> running ──> finishing ──> finished
                     │         │    ^          │
                     │         v    │          │
                     │        paused           │
                     │         │               │
                     └─────────┴───────────────┴──> stopped   stop(): what there is is kept
                                               ├──> aborted   abort(): the same, without waiting for the point
                                               └──> failed    something went wrong; the Failed event says what
    """

    idle = "idle"
    preparing = "preparing"
    running = "running"
    paused = "paused"
    finishing = "finishing"
    finished = "finished"
    stopped = "stopped"
    aborted = "aborted"
    failed = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self in (ScanState.finished, ScanState.stopped, ScanState.aborted, ScanState.failed)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes
    ----------
    time : float
        POSIX seconds.
    """

    kind: ClassVar[str] = "event"
    time: float = field(default_factory=time.time)

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON data, with its ``event``."""
        message = {key: value.value if isinstance(value, Enum) else value for key, value in asdict(self).items()}
        return {"event": self.kind} | message


@dataclass(frozen=True, kw_only=True)
class StateChanged(Event):
    """The engine is in another state; `reason` is why, where it was not just the next one."""

    kind: ClassVar[str] = "state"
    state: ScanState
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """A scan begins.

    Attributes
    ----------
    name, plan : str
        Name and kind of the plan.
    points : int or None
        How many it will have, those measured before it was resumed included; None if that is not known.
    done : int
        How many it has already.
    path, node : str
        The file, and the scan's group in it.
    """

    kind: ClassVar[str] = "started"
    name: str
    plan: str
    points: int | None
    done: int
    path: str
    node: str


@dataclass(frozen=True, kw_only=True)
class PointMeasured(Event):
    """A point is in the file.

    Attributes
    ----------
    number : int
        In the order of measurement, from 0 on.
    indexes : list of int
        Its place in the scan.
    wanted, measured : dict of str to float
        By target: what was asked for, and what the device said.
    means : dict of str to float
        By detector: the mean of what it gave, to draw a curve of.
    """

    kind: ClassVar[str] = "point"
    number: int
    indexes: list[int]
    wanted: dict[str, float]
    measured: dict[str, float]
    means: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """How far it is; told a few times a second at most.

    Attributes
    ----------
    done : int
    total : int or None
    rate : float
        Points per second of measuring, pauses left out.
    seconds_left : float or None
    file_bytes : int
    dropped : int
        Frames that a camera lost.
    """

    kind: ClassVar[str] = "progress"
    done: int
    total: int | None
    rate: float
    seconds_left: float | None
    file_bytes: int
    dropped: int = 0


@dataclass(frozen=True, kw_only=True)
class Warned(Event):
    """Something that a person should know, and that does not end the scan."""

    kind: ClassVar[str] = "warning"
    message: str
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """What ended the scan; `error` is the name of the exception's class."""

    kind: ClassVar[str] = "failed"
    message: str
    error: str
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The end, whatever it was like.

    Attributes
    ----------
    state : ScanState
        finished, stopped, aborted or failed.
    done : int
    total : int or None
    path, node : str
    seconds : float
        From the start to the end.
    reason : str
        Why it ended early.
    """

    kind: ClassVar[str] = "finished"
    state: ScanState
    done: int
    total: int | None
    path: str
    node: str
    seconds: float
    reason: str = ""


_KINDS: dict[str, type[Event]] = {
    kind.kind: kind for kind in (StateChanged, Started, PointMeasured, Progress, Warned, Failed, Finished)
}


def event_from_message(message: dict[str, Any]) -> Event:
    """Return the event that `Event.to_message` gave a message of.

    Raises
    ------
    ValueError
        There is no such event; the message says which there are.
    """
    kind = _KINDS.get(message.get("event", ""))
    if kind is None:
        raise ValueError(f"there is no event {message.get('event')!r}; there are {', '.join(_KINDS)}")
    known = {each.name for each in fields(kind)}
    values = {key: value for key, value in message.items() if key in known}
    if "state" in values:
        values["state"] = ScanState(values["state"])
    return kind(**values)
