"""Numbered events, and subscribers that lose none of them without being told."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EventHub", "Message", "Subscription"]

Message = dict[str, Any]

_REMEMBERED = 2_000
"""Events that a client which attaches again can still be given one by one."""
_MOST_WAITING = 5_000
"""Events that may wait for a subscriber; when it is slower, it gets a snapshot instead."""


class Subscription:
    """Events on their way to one subscriber; made by `EventHub.subscribe`.

    The first is a ``snapshot`` (or, for one that attaches again in time, what it has missed); then come all that
    happen, in the order of their ``sequence``. A subscriber that is too slow gets ``missed`` with how many events it
    did not get and a snapshot of what is true now; after that they come one by one again.
    """

    def __init__(self, hub: EventHub, most: int) -> None:
        self._hub = hub
        self._most = most
        self._ready = threading.Condition()
        self._waiting: deque[Message] = deque()
        self._missed = 0
        self._ended = False

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended and not self._waiting

    def get(self, timeout: float | None = None) -> Message | None:
        """Return the next event; None after `timeout` seconds, or when it was closed."""
        with self._ready:
            self._ready.wait_for(lambda: self._waiting or self._missed or self._ended, timeout)
            if not self._missed:
                return self._waiting.popleft() if self._waiting else None
        return self._catch_up()

    def put(self, event: Message) -> None:
        """Take an event; never waits."""
        with self._ready:
            if self._ended:
                return
            if self._missed or len(self._waiting) >= self._most:
                self._missed += len(self._waiting) + 1
                self._waiting.clear()
            else:
                self._waiting.append(event)
            self._ready.notify_all()

    def close(self) -> None:
        """Take no more; what waits can still be had."""
        self._hub.drop(self)
        with self._ready:
            self._ended = True
            self._ready.notify_all()

    def _catch_up(self) -> Message:
        with self._hub.lock:  # nothing happens between the snapshot and the events after it
            snapshot = self._hub.snapshot()
            with self._ready:
                missed, self._missed = self._missed + len(self._waiting), 0
                self._waiting.clear()
        return snapshot | {"event": "missed", "missed": missed}


class EventHub:
    """Numbers events and hands them to subscribers, without ever waiting for one.

    Parameters
    ----------
    state : callable
        Returns all that a subscriber needs to know at the beginning, as JSON data; it must not wait for a device.
    """

    def __init__(self, state: Callable[[], Message]) -> None:
        self.lock = threading.RLock()
        self._state = state
        self._sequence = 0
        self._remembered: deque[Message] = deque(maxlen=_REMEMBERED)
        self._subscriptions: tuple[Subscription, ...] = ()

    @property
    def sequence(self) -> int:
        """The number of the last event."""
        return self._sequence

    def publish(self, event: str, **content: Any) -> None:
        """Tell all subscribers; whoever calls has changed the state before."""
        with self.lock:
            self._sequence += 1
            message = {"time": time.time()} | content | {"event": event, "sequence": self._sequence}
            self._remembered.append(message)
            for subscription in self._subscriptions:
                subscription.put(message)

    def snapshot(self) -> Message:
        """Return what is true now, as an event with the number of the last one."""
        with self.lock:
            return {"event": "snapshot", "sequence": self._sequence, "time": time.time(), "state": self._state()}

    def subscribe(self, since: int | None = None, most: int = _MOST_WAITING) -> Subscription:
        """Return a subscription.

        Parameters
        ----------
        since : int, optional
            The last event that the subscriber has seen before; it gets those after it, where they are still there, and
            a snapshot otherwise.
        most : int
            Events that may wait.
        """
        subscription = Subscription(self, max(1, most))
        with self.lock:
            oldest = self._remembered[0]["sequence"] if self._remembered else self._sequence + 1
            if since is not None and oldest - 1 <= since <= self._sequence:
                for message in self._remembered:
                    if message["sequence"] > since:
                        subscription.put(message)
            else:
                subscription.put(self.snapshot())
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def drop(self, subscription: Subscription) -> None:
        """Tell a subscriber nothing more."""
        with self.lock:
            self._subscriptions = tuple(each for each in self._subscriptions if each is not subscription)

    def close(self) -> None:
        """End all subscriptions."""
        for subscription in self._subscriptions:
            subscription.close()
