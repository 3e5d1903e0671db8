"""The application's handle on a driver's process."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import queue
import select
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.errors import DeviceError, DeviceLost, DeviceTimeout, DriverCrashed, PluginError
from pymodaq_hsi.hosting.bell import Bell
from pymodaq_hsi.hosting.failures import attempt, error_from_message, how_it_ended
from pymodaq_hsi.hosting.running import STOP_GRACE, running
from pymodaq_hsi.hosting.spawn import Spawned, spawn
from pymodaq_hsi.hosting.wire import Message, MessageSocket
from pymodaq_hsi.hosting.words import LastWords

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HostProcess"]

_log = logging.getLogger("pymodaq_hsi.driver")

_LOOK_AGAIN = 0.05


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
        Called once, in a thread of this object, when the process has ended by itself.
    advice : str
        What to do when it has, for messages.

    Attributes
    ----------
    bell : Bell
        The ring's, on this side.
    """

    def __init__(
        self,
        title: str,
        config: dict[str, Any],
        *,
        on_event: Callable[[Message], None] = lambda _: None,
        on_death: Callable[[], None] = lambda: None,
        advice: str = "",
    ) -> None:
        self.title = title
        self._advice = f"; {advice}" if advice else ""
        self._on_event = on_event
        self._on_death = on_death
        self._owner = os.getpid()
        self._numbers = itertools.count()
        self._pending: dict[int, queue.SimpleQueue[Message | None]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()  # the process is no more
        self._dead = threading.Event()  # ... and all that it had to say was heard, or it cannot be reached any more
        self._closing = False
        self._crashed = False  # it was gone before anybody asked it to end
        self._ended_because = ""
        self._words = LastWords()
        self._heard = "nothing yet"
        try:
            spawned = self._start(config)
        except OSError as error:
            raise PluginError(f"cannot start a process for {title}: {error}", plugin=title) from error
        self._process = spawned.process
        self._lifeline = spawned.lifeline
        self.bell = Bell(spawned.bell)
        self._control = MessageSocket(spawned.control)
        running.add(self)
        self._words_thread, self._messages_thread, self._end_thread = threads = [
            threading.Thread(target=target, name=f"{title} {target.__name__.strip('_')}", daemon=True)
            for target in (self._read_words, self._read_messages, self._wait_for_end)
        ]
        try:
            for thread in threads:
                thread.start()
        except RuntimeError as error:  # no more threads, or (Python 3.12 and later) the interpreter is shutting down
            self._undo_start()
            raise PluginError(f"cannot start a process for {title}: {error}", plugin=title) from error

    @property
    def alive(self) -> bool:
        """Whether the process is there and can be reached."""
        return not self._dead.is_set() and os.getpid() == self._owner

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def last_words(self) -> str:
        """The last lines that the driver wrote."""
        return self._words.text

    def request(self, operation: str, timeout: float, **arguments: Any) -> Any:
        """Have something done and wait for the answer.

        Raises
        ------
        DeviceTimeout
            No answer in `timeout` seconds.
        DriverCrashed, DeviceLost
            The process is gone, or went while this waited.
        HsiError
            What the driver answered, in its own class where it is one of ours.
        """
        tried = attempt(operation, arguments)
        self._check_caller(tried)
        number = next(self._numbers)
        answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        with self._lock:
            self._pending[number] = answers
        try:
            if self._dead.is_set() or not self._send({"id": number, "op": operation} | arguments):
                raise self.crash(tried, too_late=True)
            answer = answers.get(timeout=min(max(0.0, timeout), threading.TIMEOUT_MAX))
        except queue.Empty:
            raise DeviceTimeout(
                f"{self.title}: {tried} was not finished within {timeout:.3g} s (a longer timeout may help); "
                f"last heard of its process: {self._heard}{self._words.sentence()}",
                device=self.title,
            ) from None
        finally:
            with self._lock:
                self._pending.pop(number, None)
        if answer is None:
            raise self.crash(tried)
        if "error" in answer:
            raise error_from_message(self.title, tried, answer["error"])
        return answer.get("result")

    def tell(self, operation: str, **arguments: Any) -> bool:
        """Say something that needs no answer; False when nobody listens any more."""
        return os.getpid() == self._owner and self._send({"op": operation} | arguments)

    def crash(self, tried: str = "", *, too_late: bool = False) -> DeviceLost:
        """Return the error that says how the process ended (waits a moment for it to have ended).

        Parameters
        ----------
        tried : str
            What was being done, see `attempt`.
        too_late : bool
            The process had ended before that was asked for, of something else.
        """
        if self._closing and not self._crashed:
            return DeviceLost(f"{self.title} was disconnected{' while ' + tried if tried else ''}", device=self.title)
        self._dead.wait(1.0)
        code = self._process.returncode
        during = f" while {tried}" if tried and not too_late else ""
        refused = f"{tried} is not possible any more: " if tried and too_late else ""
        return DriverCrashed(
            f"{refused}the process of {self.title} {self._ended_because or how_it_ended(code)}{during}{self._advice}"
            f"{self._words.sentence()}",
            device=self.title,
            exit_code=code,
            last_words=self._words.text,
        )

    def close(self, grace: float = STOP_GRACE) -> None:
        """Let the driver make its device safe and end; make it end if it does not within `grace` seconds."""
        if not self.dismiss(grace):
            _log.warning("%s did not close its device within %.3g s; its process was ended", self.title, grace)

    def ask_to_end(self, **options: Any) -> None:
        """Tell the driver to make its device safe and to end; what it does from now on is no crash."""
        self._closing = True
        self.tell("quit", **options)

    def dismiss(self, grace: float, **options: Any) -> bool:
        """As `close`; returns whether it ended in good order.

        Parameters
        ----------
        grace : float
        **options
            ``patience``: seconds after which a driver that is still busy is interrupted.
        """
        self.ask_to_end(**options)
        in_time = os.getpid() != self._owner or self._ended.wait(grace)
        self.kill()
        return in_time

    def kill(self) -> None:
        """End the process at once, with those that it has started, and release everything."""
        self._closing = True
        if os.getpid() != self._owner:
            return
        self._signal_end()
        if not self._ended.wait(STOP_GRACE):
            _log.error("%s: process %d cannot be ended; the system holds it in a call", self.title, self.pid)
        for thread in (self._end_thread, self._messages_thread, self._words_thread):
            if thread is not threading.current_thread():
                thread.join(1.0)
        self._on_event, self._on_death = (lambda _: None), (lambda: None)
        self._release()

    def _start(self, config: dict[str, Any]) -> Spawned:
        return spawn(config)

    def _undo_start(self) -> None:
        """End a process that cannot be listened to; those of its threads that were started come to their end."""
        self._closing = True
        self._signal_group()
        self._process.wait()
        self._ended.set()
        self._dead.set()
        for thread in (self._words_thread, self._messages_thread):
            if thread.ident is not None:
                self._control.hang_up()
                thread.join(1.0)
        if self._words_thread.ident is None and self._process.stdout is not None:
            self._process.stdout.close()
        self._release()

    def _check_caller(self, tried: str) -> None:
        if os.getpid() != self._owner:
            raise DeviceLost(
                f"{self.title}: {tried} was asked for in a forked process; the device belongs to process "
                f"{self._owner}. Connect devices in the process that uses them",
                device=self.title,
            )
        if threading.current_thread() is self._messages_thread:
            raise DeviceError(
                f"{self.title}: {tried} was asked for inside of a callback, in the thread that has to bring the "
                "answer; do it in another thread",
                device=self.title,
            )

    def _send(self, message: Message) -> bool:
        try:
            self._control.send(message)
        except TimeoutError:
            self._ended_because = "had not read its messages for too long and was ended"
            self._signal_end()
            return False
        except OSError:
            return False
        except (TypeError, ValueError) as error:
            raise DeviceError(f"{self.title}: what it was told cannot be sent: {error}", device=self.title) from None
        return True

    def _read_words(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with stream, contextlib.suppress(OSError, ValueError):  # the connection may be closed under the reader
            descriptor = stream.fileno()
            while True:
                ended = self._ended.is_set()
                if _has_words(descriptor, self._control):
                    if not (data := os.read(descriptor, 65536)):
                        return
                    for line in self._words.feed(data):
                        _log.info("%s: %s", self.title, line)
                elif ended:
                    return
                else:  # it has let go of its connection, but lives and may still say why
                    self._ended.wait(_LOOK_AGAIN)

    def _read_messages(self) -> None:
        while (message := self._control.receive()) is not None:
            self._heard = f"{message.get('event', 'an answer')} at {time.strftime('%H:%M:%S')}"
            if "id" not in message:
                self._dispatch(message)
                continue
            with self._lock:
                answers = self._pending.get(message["id"])
            if answers is not None:  # else its caller has stopped waiting
                answers.put(message)
        self._take_end()

    def _dispatch(self, message: Message) -> None:
        try:
            self._on_event(message)
        except Exception:
            _log.exception("%s: an event could not be handled: %s", self.title, message)

    def _take_end(self) -> None:
        """Tell all who wait that the process is gone; the last thing that the thread of the messages does."""
        if not self._ended.wait(0.5) and not self._closing:
            self._ended_because = "has closed its connection"
        self._words_thread.join(0.4)
        with self._lock:
            self._crashed = not self._closing  # judged before anybody can learn of it and close: a loss stays one
            self._dead.set()
            waiting = list(self._pending.values())
        for answers in waiting:
            answers.put(None)
        self.bell.hang_up()
        if self._crashed:
            try:
                self._on_death()
            except Exception:
                _log.exception("%s: its end could not be handled", self.title)
        if not self._ended.wait(STOP_GRACE):
            self._signal_end()  # it lives but nobody can reach it any more
            self._ended.wait(STOP_GRACE)
        self._words_thread.join(1.0)
        self._release()

    def _release(self) -> None:
        self._control.close()
        self.bell.close()
        with self._lock:
            if self._lifeline is not None:
                os.close(self._lifeline)
                self._lifeline = None
        running.discard(self)

    def _wait_for_end(self) -> None:
        if sys.platform != "win32" and hasattr(os, "waitid"):
            with contextlib.suppress(ChildProcessError):  # somebody else's handler has reaped it
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        with self._lock:  # its number may go to another process as soon as it is reaped
            self._signal_group()
            self._process.wait()
            self._ended.set()
        self._control.hang_up()

    def _signal_end(self) -> None:
        with self._lock:
            if not self._ended.is_set():
                self._signal_group()

    def _signal_group(self) -> None:
        """End it and all that it has started: it leads a process group of its own."""
        if sys.platform == "win32":
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def forget(self) -> None:
        """Let go of everything in a forked process: the copy must not keep the application's end open."""
        self._control.abandon()
        self.bell.abandon()
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.returncode = 0  # not a child of this process: nothing to wait for


def _has_words(descriptor: int, control: MessageSocket) -> bool:
    """Wait for output; False when the process has ended and all of its output was read.

    A process that the driver has started may hold the other end of the output for longer.
    """
    if sys.platform == "win32":
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if poll.poll(0):
        return True
    poll.register(control.fileno(), 0)  # only its hang-up is reported
    return any(ready == descriptor for ready, _ in poll.poll())
