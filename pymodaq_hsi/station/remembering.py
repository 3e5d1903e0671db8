"""Commands: named positions, saved from where devices are and gone to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import CommandInvalid, OutputError, PositionError
from pymodaq_hsi.scans.movers import Mover
from pymodaq_hsi.scans.positions import PositionMemory
from pymodaq_hsi.scans.rig import split
from pymodaq_hsi.station.core import Right, command
from pymodaq_hsi.station.hub import Message

if TYPE_CHECKING:
    from pymodaq_hsi.station.core import Core
    from pymodaq_hsi.station.jobs import Job
    from pymodaq_hsi.station.keeper import Keeper

__all__ = ["Remembering"]

Positions = dict[str, dict[str, float]]


class Remembering:
    """Keeps positions, in the user's file or another."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def memory(self, path: str | None = None) -> PositionMemory:
        """Return the file of positions."""
        if path is not None:
            return PositionMemory(Path(path).expanduser())
        own = PositionMemory.default()
        try:
            own.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"the folder {own.parent} cannot be made: {error}; give a file as path") from error
        return PositionMemory(own)

    @command(Right.READ)
    def positions(self, path: str | None = None) -> Positions:
        """Return all positions: name to target ("stage.Position") to value. `path` is a file instead of the user's."""
        return self.memory(path).positions()

    @command(Right.READ)
    def save_position(
        self,
        name: str,
        targets: list[str] | None = None,
        values: dict[str, float] | None = None,
        overwrite: bool = False,
        path: str | None = None,
    ) -> dict[str, float]:
        """Keep where targets are (the positions of all stages by default), or given values; return them."""
        if values is None:
            stages = [keeper.name for keeper in self._core.of_type(DriverType.Actuator)]
            wanted = [f"{stage}.Position" for stage in stages] if targets is None else targets
            if not wanted:
                raise PositionError(f"position {name!r} has no values: no stage is connected, and no target was given")
            values = {target: float(self._value(target)) for target in wanted}
        memory = self.memory(path)
        memory.save(name, values, overwrite=overwrite)
        self._tell(memory)
        return memory.load(name)

    @command(Right.WRITE)
    def go_to_position(self, name: str, timeout: float = 60.0, path: str | None = None) -> Message:
        """Bring all targets of a position to its values, side by side; a job, with where they are as result.

        All of them are checked before one moves. Cancelled, it stops what moves.
        """
        wanted = self.memory(path).load(name)
        movers: list[tuple[Keeper, Mover, float]] = []
        for target, value in wanted.items():
            keeper, parameter = self._target(target)
            keeper.device.all_parameters()[parameter].check(value, device=keeper.name)
            movers.append((keeper, Mover(target, keeper.device, parameter, timeout=timeout), value))
        names = list(dict.fromkeys(keeper.name for keeper, _, _ in movers))
        self._core.use(names, f"going to {name}")

        def work(job: Job) -> dict[str, float]:
            def wait(seconds: float) -> bool:
                job.cancelled.wait(seconds)
                job.tell(**{mover.target: mover.read() for _, mover, _ in movers})
                return False

            try:
                for _, mover, value in movers:
                    mover.begin(value)
                for _, mover, _ in movers:
                    mover.arrive(wait)
            except BaseException:
                for _, mover, _ in movers:
                    mover.stop()
                raise
            finally:
                self._core.free(names)
                for keeper, _, _ in movers:
                    keeper.look_again()
            return {mover.target: mover.measured for _, mover, _ in movers}

        try:
            return self._core.jobs.start("go_to_position", work, position=name)
        except BaseException:
            self._core.free(names)
            raise

    @command(Right.READ)
    def rename_position(self, name: str, new: str, path: str | None = None) -> None:
        """Give a position another name."""
        memory = self.memory(path)
        memory.rename(name, new)
        self._tell(memory)

    @command(Right.READ)
    def remove_position(self, name: str, path: str | None = None) -> None:
        """Forget a position."""
        memory = self.memory(path)
        memory.delete(name)
        self._tell(memory)

    def _tell(self, memory: PositionMemory) -> None:
        self._core.hub.publish("positions", path=str(memory.path), positions=memory.positions())

    def _target(self, target: str) -> tuple[Keeper, str]:
        name, parameter = split(target)
        keeper = self._core.keeper(name)
        known = keeper.device.all_parameters()
        if parameter not in known:
            raise CommandInvalid(
                f"{name} has no parameter {parameter!r} that a position could say; it has {list(known)}"
            )
        return keeper, parameter

    def _value(self, target: str) -> float:
        keeper, parameter = self._target(target)
        value = keeper.device.get_parameter(parameter)
        if isinstance(value, str | bool):
            raise PositionError(f"{target} is {value!r}, which is no number: a position cannot say it")
        return value
