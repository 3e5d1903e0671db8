"""What a command would set, for its dry run, which sets nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.errors import ParameterError, UnknownParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device

__all__ = ["DRY_RUN_ENDS", "would_set"]

DRY_RUN_ENDS = "nothing was moved, set or written"


def would_set(name: str, device: Device, values: Mapping[str, object]) -> list[str]:
    """Return in words which parameters of a device would change, and why one might be refused as things are now.

    Raises
    ------
    UnknownParameter
        The device has no such parameter.
    """
    later = []
    for parameter, value in values.items():
        try:
            if device.all_parameters()[parameter].check(value) != device.values().get(parameter):
                later.append(f"{name}.{parameter} = {value!r}")
        except UnknownParameter as error:
            raise UnknownParameter(f"{name}: {error}", device=device.name) from None
        except ParameterError as error:
            later.append(f"{name}.{parameter} = {value!r} ({error})")
    return later
