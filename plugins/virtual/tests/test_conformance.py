"""The virtual devices keep all the promises that applications rely on."""

from __future__ import annotations

from pymodaq_hsi.testing import conformance

test_conformance = conformance("virtual")
