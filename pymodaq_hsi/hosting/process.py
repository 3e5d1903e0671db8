"""The application's handle on a driver's process."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import signal
import subprocess
import threading
import time
import weakref
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.errors import DeviceTimeout, DriverCrashed, PluginError
from pymodaq_hsi.hosting.failures import error_from_message
from pymodaq_hsi.hosting.spawn import spawn
from pymodaq_hsi.hosting.wire import Message, MessageSocket

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["HostProcess"]

_log = logging.getLogger("pymodaq_hsi.driver")
_LAST_WORDS = 100
_STOP_GRACE = 5.0

_running: weakref.WeakSet[HostProcess] = weakref.WeakSet()


class HostProcess:
    """One host process: requests go in, answers and events come out, its death is noticed at once.

    Parameters
    ----------
    title : str
        Whom it works for, for messages: a driver's or plugin's name.
    config : dict
        See `pymodaq_hsi.hosting.host.main`.
    on_event : callable
        Called with every event, in a thread of this object, before the answer to the request that caused it.
    on_death : callable
        Called once, when the process is gone.
    """

    def __init__(
        self,
        title: str,
        config: dict[str, Any],
        *,
        on_event: Callable[[Message], None] = lambda _: None,
        on_death: Callable[[], None] = lambda: None,
    ) -> None:
        self.title = title
        self._on_event = on_event
        self._on_death = on_death
        self._numbers = itertools.count()
        self._pending: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._dead = threading.Event()
        self._closing = False
        self._words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._heard = "nothing yet"
        try:
            spawned = spawn(config)
        except OSError as error:
            raise PluginError(f"cannot start a process for {title}: {error}", plugin=title) from error
        self._process = spawned.process
        self.bell: socket.socket = spawned.bell
        self._control = MessageSocket(spawned.control)
        _running.add(self)
        self._threads = [
            threading.Thread(target=target, name=f"{title} {target.__name__.strip('_')}", daemon=True)
            for target in (self._read_words, self._read_messages, self._wait_for_end)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return not self._dead.is_set()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """As `subprocess.Popen.returncode`."""
        return self._process.poll()

    @property
    def last_words(self) -> str:
        """The last lines that the driver wrote."""
        return "\n".join(self._words)

    def request(self, operation: str, timeout: float, **arguments: Any) -> Any:
        """Have something done and wait for the answer.

        Raises
        ------
        DeviceTimeout
            No answer in `timeout` seconds.
        DriverCrashed
            The process is gone, or went while this waited.
        HsiError
            What the driver answered, in its own class where it is one of ours.
        """
        number = next(self._numbers)
        future: Future[Any] = Future()
        with self._lock:
            self._pending[number] = future
        try:
            if self._dead.is_set():
                raise self.crash()
            self._control.send({"id": number, "op": operation} | arguments)
            return future.result(timeout)
        except FutureTimeout:
            raise DeviceTimeout(
                f"{self.title} has not answered '{operation}' within {timeout:g} s; "
                f"last heard of it: {self._heard}{self._words_in_brackets()}",
                device=self.title,
            ) from None
        except OSError:
            raise self.crash() from None
        finally:
            with self._lock:
                self._pending.pop(number, None)

    def tell(self, operation: str, **arguments: Any) -> bool:
        """Say something that needs no answer; False when nobody listens any more."""
        try:
            self._control.send({"op": operation} | arguments)
        except OSError:
            return False
        return True

    def crash(self) -> DriverCrashed:
        """Return the error that says how the process ended (waits a moment for it to have ended)."""
        self._dead.wait(1.0)
        if self._threads[0] is not threading.current_thread():
            self._threads[0].join(0.5)  # the last words may still be on their way
        code = self.exit_code
        return DriverCrashed(
            f"the process of {self.title} {_how_it_ended(code)}{self._words_in_brackets()}",
            device=self.title,
            exit_code=code,
            last_words=self.last_words,
        )

    def close(self, grace: float = _STOP_GRACE) -> None:
        """Let the driver make its device safe and end; make it end if it does not within `grace` seconds."""
        self._closing = True
        self.tell("quit")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        self.kill()

    def kill(self) -> None:
        """End the process at once and release everything."""
        self._closing = True
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._dead.wait(5.0)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(1.0)
        self._control.close()
        self.bell.close()
        _running.discard(self)

    def _read_words(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with contextlib.suppress(ValueError, OSError):  # closed under the reader
            for line in stream:
                self._words.append(line.rstrip("\n"))
                _log.info("%s: %s", self.title, line.rstrip("\n"))

    def _read_messages(self) -> None:
        while True:
            message = self._control.receive()
            if message is None:
                break
            self._heard = f"{message.get('event', 'an answer')} at {time.strftime('%H:%M:%S')}"
            if "id" not in message:
                self._dispatch(message)
                continue
            with self._lock:
                future = self._pending.pop(message["id"], None)
            if future is None:
                continue  # its caller has stopped waiting
            if "error" in message:
                future.set_exception(error_from_message(self.title, message["error"]))
            else:
                future.set_result(message.get("result"))
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_GRACE)
        if not self._closing and self._process.poll() is None:
            self._process.kill()  # it lives but has closed its connection: nobody can reach it any more

    def _dispatch(self, message: Message) -> None:
        try:
            self._on_event(message)
        except Exception:
            _log.exception("%s: an event could not be handled: %s", self.title, message)

    def _wait_for_end(self) -> None:
        self._process.wait()
        self._threads[1].join(1.0)  # answers that were sent before the end still count
        with self._lock:
            self._dead.set()
            pending, self._pending = list(self._pending.values()), {}
        for future in pending:
            future.set_exception(self.crash())
        if not self._closing:
            self._on_death()
        stream = self._process.stdout
        self._threads[0].join(0.5)
        if stream is not None and not self._threads[0].is_alive():
            stream.close()

    def _words_in_brackets(self) -> str:
        said = _what_matters([line for line in self._words if line.strip()])
        return f". Its last words: {' | '.join(said)}" if said else ""


def _what_matters(lines: list[str]) -> list[str]:
    """Return the lines worth a place in a message: of a crash dump, what happened and where, not all its threads."""
    fatal = next((i for i, line in enumerate(lines) if line.startswith(("Fatal Python error", "Timeout ("))), None)
    if fatal is None:
        return [line.strip() for line in lines[-5:]]
    current = next((i for i, line in enumerate(lines) if line.startswith("Current thread")), fatal)
    where = [line.strip() for line in lines[current + 1 :] if line.startswith("  File")]
    outside = [line for line in where if "/hosting/" not in line.replace("\\", "/")]
    return [line.strip() for line in lines[max(0, fatal - 3) : fatal + 1]] + outside[:2]


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "has closed its connection"
    if code < 0:
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"
    return f"ended by itself with exit code {code}"


@atexit.register
def _close_all() -> None:
    """Leave no process behind when the application ends without closing its devices."""
    left = list(_running)
    for host in left:
        host.tell("quit")
    deadline = time.monotonic() + _STOP_GRACE
    for host in left:
        host.close(max(0.1, deadline - time.monotonic()))
