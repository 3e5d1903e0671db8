"""``python -m pymodaq_hsi.cli``: the same as ``pymodaq-hsi``."""

from __future__ import annotations

from pymodaq_hsi.cli import main

main()
