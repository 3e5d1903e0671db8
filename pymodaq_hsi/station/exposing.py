"""Command: the exposure that a scene asks for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pymodaq_hsi.scans.exposing import find_exposure
from pymodaq_hsi.station.core import Right, command
from pymodaq_hsi.station.hub import Message

if TYPE_CHECKING:
    from pymodaq_hsi.station.core import Core
    from pymodaq_hsi.station.jobs import Job
    from pymodaq_hsi.station.live import LiveViews
    from pymodaq_hsi.station.setting import Setting

__all__ = ["Exposing"]


class Exposing:
    """Finds exposures."""

    def __init__(self, core: Core, live: LiveViews, setting: Setting) -> None:
        self._core = core
        self._live = live
        self._setting = setting

    @command(Right.WRITE)
    def auto_exposure(
        self,
        device: str,
        level: float = 0.8,
        tolerance: float = 0.03,
        percentile: float = 99.5,
        frames: int = 2,
        watch: float = 2.0,
        longest: float | None = None,
        parameter: str = "ExposureTime",
        timeout: float = 10.0,
    ) -> Message:
        """Set the exposure so that the brightest samples come to a share of the range; a job that `undo` undoes.

        A scene that changes is watched for `watch` seconds at each step; its brightest frame counts.

        Its progress has ``step``, ``exposure`` and ``level``; its result ``exposure``, ``before``, ``unit``, ``level``,
        ``reached``, ``frames`` and ``problem``, why it was not reached. When it is cancelled, the exposure is put back.
        """
        camera, keeper = self._core.camera(device), self._core.keeper(device)
        self._core.use([keeper.name], f"the search for an exposure of {keeper.name}")

        def work(job: Job) -> Message:
            try:
                with keeper.busy, self._live.interrupted([keeper.name]):
                    try:
                        found = find_exposure(
                            camera,
                            level,
                            tolerance=tolerance,
                            percentile=percentile,
                            frames=frames,
                            watch=watch,
                            longest=math.inf if longest is None else longest,
                            parameter=parameter,
                            timeout=timeout,
                            progress=lambda step, exposure, level: job.tell(step=step, exposure=exposure, level=level),
                            check=job.check,
                        )
                    finally:
                        self._core.free([keeper.name])  # the live view goes on after this
            finally:
                keeper.look_again()
            self._setting.note(keeper.name, parameter, found.before, found.exposure)
            return found.to_message()

        try:
            return self._core.jobs.start("auto_exposure", work, device=keeper.name)
        except BaseException:
            self._core.free([keeper.name])
            raise
