"""The command ``pymodaq-hsi``."""

from __future__ import annotations

from pymodaq_hsi.cli.app import main

__all__ = ["main"]
