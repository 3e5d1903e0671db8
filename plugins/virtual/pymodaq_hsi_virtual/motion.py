"""Movements that any process can follow: the stage publishes one, the camera computes where it is."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Motion"]


@dataclass(frozen=True)
class Motion:
    """A movement at constant velocity.

    Attributes
    ----------
    origin, target : float
        mm.
    velocity : float
        mm/s, above 0.
    start_ns : int
        On the machine's monotonic clock, which all its processes share.
    """

    origin: float
    target: float
    velocity: float
    start_ns: int

    @classmethod
    def at_rest(cls, position: float) -> Motion:
        """Return the one that has ended at `position`."""
        return cls(position, position, 1.0, 0)

    def position(self, now_ns: int | None = None) -> float:
        """Return where it is at a time (by default now), in mm."""
        seconds = ((time.monotonic_ns() if now_ns is None else now_ns) - self.start_ns) / 1e9
        way = self.target - self.origin
        done = min(max(seconds, 0.0) * self.velocity, abs(way))
        return self.target if done == abs(way) else self.origin + (done if way > 0 else -done)

    def done(self, now_ns: int | None = None) -> bool:
        """Return whether it has arrived."""
        return self.position(now_ns) == self.target

    def to_state(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Motion:
        """Build it from what `to_state` gave."""
        return cls(float(state["origin"]), float(state["target"]), float(state["velocity"]), int(state["start_ns"]))
