"""A cube block by block: how large blocks are, who computes them, and how they come together again."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import ClusterError, CubeError
from pymodaq_hsi.processing.stored_kernel import computed, problem_with_file, written
from pymodaq_hsi.processing.stored_lines import close_files
from pymodaq_hsi.processing.stored_work import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pymodaq_hsi.envi import Interleave
    from pymodaq_hsi.processing.stored_kernel import BlockKernel, EnviRegions
    from pymodaq_hsi.processing.stored_lines import LineReader
    from pymodaq_hsi.processing.stored_work import Crew

__all__ = ["DEFAULT_MEMORY", "Filling"]

DEFAULT_MEMORY = 512 << 20

_BLOCK = 8 << 20
"""Bytes of a block with its result: what stays in a processor's cache is written from there."""

_LONG_BLOCK = 64 << 20
"""The same where bands lie one after the other: a block has a piece of each, and short pieces are slow."""

_WIDE_BLOCK = 32 << 20
"""The same on a cluster, where each block is a message or two."""


class Filling:
    """The lines of a cube on their way from one file to another.

    Parameters
    ----------
    reader : LineReader
    lines : int
        How many of its lines, from the first.
    kernel : BlockKernel or None
        What is done to them; None leaves them as they are.
    who : Crew
    memory : int
        Bytes that blocks on their way may take in all, about.
    progress : callable, optional
        Called with (lines done, lines in all).

    Attributes
    ----------
    saturated : int
        Saturated samples so far.

    Raises
    ------
    CubeError
        The memory holds not even a line for each who computes.
    """

    def __init__(
        self,
        reader: LineReader,
        lines: int,
        kernel: BlockKernel | None,
        who: Crew,
        memory: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._reader, self._lines, self._kernel, self._who = reader, lines, kernel, who
        self._memory = memory
        self._progress = progress
        self.saturated = 0
        self._line_bytes = reader.shape[1] * reader.shape[2] * reader.dtype.itemsize
        if kernel is not None:
            self._line_bytes += int(np.prod(kernel.shape)) * kernel.dtype.itemsize
        self._step("bip", who.size)  # raises before anything is done

    def check(self) -> None:
        """See that all who compute have the file that is read.

        Raises
        ------
        ClusterError
            Some have not; they are named.
        """
        problem = problem_with_file(self._reader.path)
        if problem:
            raise CubeError(f"{self._reader.path} cannot be read: {problem}")
        with open(self._reader.path, "rb") as file:
            size = file.seek(0, 2)
        for worker, problem in self._who.on_all(problem_with_file, self._reader.path, size).items():
            if problem:
                raise ClusterError(
                    f"the worker {worker} cannot read {self._reader.path} ({problem}); put the cube into a folder that "
                    "all computers of the cluster have under the same path"
                )

    def into(self, target: EnviRegions) -> None:
        """Put all lines into an ENVI data file; whoever computes them writes them, if all can."""
        blind = [where for where, problem in self._seen(target).items() if problem]
        if blind:
            with closing(self.blocks(target.interleave)) as blocks:
                for start, block in blocks:
                    target.write(start, block)
            return
        kernel, step = self._who.share(self._kernel), self._step(target.interleave, self._who.size)
        spans = self._spans(step)
        calls = ((written, kernel, self._reader, start, stop, target) for start, stop in spans)
        with closing(in_order(self._who, calls, self._ahead())) as results:
            for (_, stop), saturated in zip(spans, results, strict=True):
                self._done(stop, saturated)
        self._who.on_all(close_files)

    def blocks(self, interleave: Interleave = "bip") -> Generator[tuple[int, npt.NDArray[Any]], None, None]:
        """Yield (first line, lines) in order; lines are ``(n, pixels, bands)`` and lie as `interleave` says."""
        ahead = self._who.size + 2
        kernel, step = self._who.share(self._kernel), self._step(interleave, ahead + 1)
        spans = self._spans(step)
        calls = ((computed, kernel, self._reader, start, stop, interleave) for start, stop in spans)
        with closing(in_order(self._who, calls, ahead)) as results:
            for (start, stop), (block, saturated) in zip(spans, results, strict=True):
                yield start, block
                self._done(stop, saturated)
        self._who.on_all(close_files)

    def _seen(self, target: EnviRegions) -> dict[str, str]:
        with open(target.path, "rb") as file:
            size = file.seek(0, 2)
        return {str(where): str(problem) for where, problem in self._who.on_all(_writable, target.path, size).items()}

    def _spans(self, step: int) -> list[tuple[int, int]]:
        return [(start, min(self._lines, start + step)) for start in range(0, self._lines, step)]

    def _ahead(self) -> int:
        return 2 * self._who.size + 2

    def _step(self, interleave: Interleave, at_a_time: int) -> int:
        """Return lines in a block."""
        share = self._memory // max(1, at_a_time)
        wanted = _LONG_BLOCK if "bsq" in (interleave, self._reader.interleave) else _BLOCK
        if self._who.far:
            wanted = max(wanted, _WIDE_BLOCK)
        lines = min(wanted, share) // self._line_bytes
        if share < self._line_bytes:
            raise CubeError(
                f"{self._memory / 1e6:g} MB hold no line of {self._line_bytes / 1e6:g} MB for each of {at_a_time}; "
                "give more memory, or fewer workers"
            )
        return max(1, self._reader.aligned(max(1, lines)))

    def _done(self, lines: int, saturated: int) -> None:
        self.saturated += saturated
        if self._progress is not None:
            self._progress(lines, self._lines)


def _writable(path: str, size: int) -> str:
    return problem_with_file(path, size, writable=True)
