"""Blocks computed side by side: by threads of this process, or by the workers of a Dask cluster.

Both take functions and give futures; how many are on their way at a time is what bounds the memory.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from concurrent.futures import CancelledError, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from pymodaq_hsi.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

__all__ = ["Crew", "crew", "in_order"]

_MOST_THREADS = 8
_CONNECT = 15.0
_LONELY = 120.0
"""Seconds that a cluster may be without any worker before the work is given up."""
_LOOK = 2.0
_ANSWER = 3.0
_GREETING = 8.0
"""Seconds that a scheduler which is busy may take to greet."""
_LONGEST_GREETING = 1 << 24


class Crew(Protocol):
    """Whoever computes.

    Attributes
    ----------
    size : int
        How many functions are computed at a time.
    far : bool
        Arguments and results go through a network.
    """

    size: int
    far: bool

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Have a function called; return a future."""

    def share(self, thing: Any) -> Any:
        """Return what to give to many functions as an argument in place of a large thing."""

    def on_all(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Call a function once in each process that computes; return the results by the names of the processes."""

    def wait(self, future: Any) -> Any:
        """Return the result of a future, or raise what the function raised."""


class _Threads:
    """Threads of this process."""

    far = False

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = ThreadPoolExecutor(size, "block")

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self._pool.submit(function, *arguments)

    def share(self, thing: Any) -> Any:
        return thing

    def on_all(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        return {"this process": function(*arguments)}

    def wait(self, future: Any) -> Any:
        return future.result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


class _Cluster:
    """Workers of a Dask cluster. A function whose worker ended is computed by another one."""

    far = True

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address
        self.size = max(1, sum(client.nthreads().values()))

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self._client.submit(function, *arguments, pure=False)

    def share(self, thing: Any) -> Any:
        # A task and not scattered data: what was scattered is lost with the last worker that holds it.
        return self._client.submit(_itself, thing, pure=False)

    def on_all(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._client.run(function, *arguments)
        except (ImportError, AttributeError) as error:
            raise ClusterError(
                f"the workers at {self._address} cannot do this ({error}): install the same version of pymodaq-hsi "
                "there as here"
            ) from error
        return found

    def wait(self, future: Any) -> Any:
        lonely: float | None = None
        while True:
            try:
                return future.result(timeout=_LOOK)
            except (TimeoutError, NotYet):
                if future.done():
                    raise  # the function's own
                lonely = self._look(lonely)
            except CancelledError as error:
                raise ClusterError(f"the scheduler at {self._address} has dropped the work ({error})") from error
            except Exception as error:
                raise _explained(error, self._address) from error

    def _look(self, lonely: float | None) -> float | None:
        """Raise if there is nobody who works, and has not been for long."""
        if self._client.status != "running":
            raise ClusterError(f"the scheduler at {self._address} is gone; nothing was written")
        if self._client.scheduler_info(n_workers=-1)["workers"]:
            return None
        now = time.monotonic()
        if lonely is not None and now - lonely > _LONELY:
            raise ClusterError(
                f"the cluster at {self._address} has had no workers for {_LONELY:.0f} s; start some, and try again"
            )
        return now if lonely is None else lonely

    def close(self) -> None:
        self._client.close(timeout=_CONNECT)


def _itself(thing: Any) -> Any:
    return thing


def _explained(error: Exception, address: str) -> Exception:
    """Say what Dask means where a worker died again and again over the same block."""
    if type(error).__name__ != "KilledWorker":
        return error
    return ClusterError(
        f"workers at {address} ended several times over the same block: {error}. If they ran out of memory, give them "
        "more, or --memory less"
    )


@contextmanager
def crew(scheduler: str | None = None, workers: int | None = None) -> Iterator[Crew]:
    """Have threads, or a cluster, for a while.

    Parameters
    ----------
    scheduler : str, optional
        Address of a Dask scheduler: ``tcp://host:8786``. Threads of this process by default.
    workers : int, optional
        How many threads; with a scheduler, how many worker processes to wait for.

    Raises
    ------
    ClusterError
        There is no scheduler, or it has no workers.
    ImportError
        distributed is not installed.
    """
    found: _Threads | _Cluster
    if scheduler is None:
        found = _Threads(workers or min(_MOST_THREADS, _processors()))
    else:
        found = _connected(scheduler, workers)
    try:
        yield found
    finally:
        found.close()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _connected(address: str, workers: int | None) -> _Cluster:
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise ImportError('a scheduler needs distributed: pip install "pymodaq-hsi[cluster]"') from error
    _check_answer(address)
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})  # references are a few MB, once
    try:
        client = Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise _no_answer(address, error) from error
    try:
        client.wait_for_workers(workers or 1, timeout=_CONNECT)
    except (TimeoutError, NotYet) as error:
        there = len(client.nthreads())
        client.close()
        raise ClusterError(
            f"the scheduler at {address} has {there} workers, {workers or 1} were wanted; start `dask worker {address}`"
        ) from error
    return _Cluster(client, address)


def _check_answer(address: str) -> None:
    """Refuse an address where no scheduler can be, within seconds; Dask itself tries on, and takes any answer.

    A scheduler speaks first: eight bytes, how many follow (distributed's TCP protocol).

    Raises
    ------
    ClusterError
    """
    try:
        parts = urlsplit(address)
        place = (parts.hostname, parts.port)
    except ValueError:
        place = (None, None)
    scheme = address.partition("://")[0] if "://" in address else ""
    if scheme not in ("", "tcp", "tls"):
        return  # a cluster in this process, or a protocol that has no sockets
    host, port = place
    if not scheme or host is None or port is None:
        raise ClusterError(f"{address!r} is no address of a Dask scheduler; write tcp://host:8786")
    said, deadline = b"", time.monotonic() + _ANSWER
    while True:
        try:
            with socket.create_connection((host, port), timeout=_ANSWER) as line:
                if scheme == "tcp":
                    line.settimeout(_GREETING)
                    said = line.recv(8)
            break
        except ConnectionRefusedError as error:
            if time.monotonic() > deadline:  # one that was started just now is waited for
                raise _no_answer(address, error) from error
            time.sleep(0.1)
        except TimeoutError as error:
            raise ClusterError(
                f"what is at {address} does not answer as a Dask scheduler does; the scheduler prints its address when "
                "it starts"
            ) from error
        except OSError as error:
            raise _no_answer(address, error) from error
    if scheme == "tcp" and not 0 < int.from_bytes(said, "little") <= _LONGEST_GREETING:
        raise ClusterError(
            f"what answers at {address} is no Dask scheduler: it says {said!r}; the scheduler prints its address when "
            "it starts"
        )


def _no_answer(address: str, error: Exception) -> ClusterError:
    return ClusterError(
        f"no Dask scheduler answers at {address} ({' '.join(str(error).split())[:200]}); start one with "
        "`dask scheduler`, and workers with `dask worker tcp://host:8786`"
    )


def in_order(who: Crew, calls: Iterable[tuple[Any, ...]], ahead: int) -> Generator[Any, None, None]:
    """Have functions called, and yield their results in the order of the calls.

    Parameters
    ----------
    calls : iterable of tuple
        Function and arguments; taken as there is room.
    ahead : int
        How many are on their way at a time, at most: finished ones that wait for an earlier one are counted.

    Close the generator where it is left early: what is on its way is given up.
    """
    waiting: deque[Any] = deque()
    try:
        for function, *arguments in calls:
            waiting.append(who.submit(function, *arguments))
            if len(waiting) >= max(1, ahead):
                yield who.wait(waiting.popleft())
        while waiting:
            yield who.wait(waiting.popleft())
    finally:
        for future in waiting:
            future.cancel()
