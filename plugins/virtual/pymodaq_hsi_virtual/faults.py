"""Faults on request: what real devices do once a year, at a frame or a time of one's choice.

Connection parameter ``Faults`` of each virtual device, or for all of an application the environment variable
``PYMODAQ_HSI_VIRTUAL_FAULTS``. Faults are separated by commas; each is a kind, when, and (for some) how much::

    drop@10           frame 10 is lost (drop@10=3: three frames)
    late@2.5s=0.4     2.5 s after the start of an acquisition a frame comes 0.4 s late
    saturate%5        every frame with a chance of 5 % (the same ones each time, by the parameter Seed)
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.errors import DeviceLost, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ENVIRONMENT", "FRAME_KINDS", "KINDS", "Fault", "Faults"]

ENVIRONMENT = "PYMODAQ_HSI_VIRTUAL_FAULTS"

KINDS: Mapping[str, float] = {"slow_connect": 5.0, "disconnect": 0.0, "hang": 600.0, "crash": 0.0}
"""What every virtual device can do, and how much of it where that is not said."""

FRAME_KINDS: Mapping[str, float] = {"drop": 1.0, "late": 0.5, "geometry": 0.0, "dtype": 0.0, "saturate": 0.0}
"""What only a camera can do."""

_FAULT = re.compile(
    r"(?P<kind>[a-z_]+)(?:@(?P<seconds>[0-9.]+)s|@(?P<number>[0-9]+)|%(?P<percent>[0-9.]+))?(?:=(?P<value>[0-9.]+))?"
)


@dataclass(frozen=True)
class Fault:
    """One fault; without any of `number`, `seconds` and `percent` it happens at once.

    Attributes
    ----------
    kind : str
    value : float
        Frames that are dropped, seconds that something takes.
    number : int or None
        Of the frame (of the command, for a light or a stage), counting from 0.
    seconds : float or None
        After the start of the acquisition (after connecting, for a light or a stage).
    percent : float or None
        Chance at each frame or command.
    """

    kind: str
    value: float
    number: int | None = None
    seconds: float | None = None
    percent: float | None = None


class Faults:
    """The faults of one device.

    Parameters
    ----------
    text : str or None
        As in the module's text; where it is empty, the environment variable says it. None for no faults at all.
    device : str
        The driver's name, for messages.
    kinds : mapping
        What the device can do, with how much of it by default.

    Raises
    ------
    ParameterError
        A fault that the device does not have, or that is not written so; the message has all that there are.
    """

    def __init__(self, text: str | None, device: str, kinds: Mapping[str, float] = KINDS) -> None:
        self._device = device
        source = "" if text is None else text or os.environ.get(ENVIRONMENT, "")
        words = [word.strip() for word in source.split(",") if word.strip()]
        if not text:  # the environment speaks to all devices: each takes what it can do
            words = [word for word in words if re.split("[@%=]", word)[0] not in FRAME_KINDS.keys() - kinds.keys()]
        self._faults = [self._parsed(word, kinds) for word in words]
        self._done: set[Fault] = set()
        self._gone = False
        self._commands = 0
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Begin to count frames and time anew."""
        self._done.clear()
        self._since = time.monotonic()
        self._chance = np.random.default_rng(seed)

    def connect(self) -> None:
        """Take long to connect, if it was asked for."""
        for fault in self._faults:
            if fault.kind == "slow_connect":
                time.sleep(fault.value)

    def check_present(self) -> None:
        """Refuse when the device has been disconnected.

        Raises
        ------
        DeviceLost
        """
        if self._gone:
            raise DeviceLost(
                f"{self._device} does not answer: it was disconnected on request (Faults); connect it again",
                device=self._device,
            )

    def command(self) -> None:
        """Do what is due at a command to a light or a stage."""
        self.check_present()
        number, self._commands = self._commands, self._commands + 1
        for fault in self.due(number):
            self.strike(fault)

    def due(self, number: int) -> Iterator[Fault]:
        """Yield the faults that are due at a frame or command; those with a number or time come once."""
        passed = time.monotonic() - self._since
        for fault in self._faults:
            if fault.percent is not None:
                if self._chance.random() * 100 < fault.percent:
                    yield fault
            elif fault not in self._done and fault.kind != "slow_connect":
                after = number >= (fault.number or 0) if fault.seconds is None else passed >= fault.seconds
                if after:
                    self._done.add(fault)
                    yield fault

    def strike(self, fault: Fault) -> None:
        """Do what any device can do: hang, crash, be gone."""
        match fault.kind:
            case "hang":
                print(f"{self._device} hangs on request (Faults)", flush=True)
                time.sleep(fault.value)
            case "crash":
                print(f"{self._device} crashes on request (Faults)", flush=True)
                os.abort()
            case "disconnect":
                self._gone = True
                self.check_present()

    def _parsed(self, word: str, kinds: Mapping[str, float]) -> Fault:
        found = _FAULT.fullmatch(word)
        if found is None or found["kind"] not in kinds:
            raise ParameterError(
                f"{self._device}: Faults has {word!r}; write a kind ({', '.join(kinds)}), then @frame, @seconds with "
                "an s behind, or %chance, and =how much: drop@10=3, late@2.5s=0.4, saturate%5"
            )
        try:
            return Fault(
                found["kind"],
                float(found["value"] or kinds[found["kind"]]),
                None if found["number"] is None else int(found["number"]),
                None if found["seconds"] is None else float(found["seconds"]),
                None if found["percent"] is None else float(found["percent"]),
            )
        except ValueError:
            raise ParameterError(f"{self._device}: Faults has {word!r}, with no number in it") from None
