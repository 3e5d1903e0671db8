"""For the tests of driver plugins: whether a driver keeps what applications rely on.

In a plugin's tests, one line::

    from pymodaq_hsi.testing import conformance

    test_conformance = conformance("my_plugin")

pytest then runs one test for each promise and driver; one that fails says what is wrong, where in the driver, and
how to mend it. `examine` does the same without pytest. Both need psutil: ``pip install pymodaq-hsi[testing]``.
"""

from __future__ import annotations

from pymodaq_hsi.testing._check import Finding
from pymodaq_hsi.testing._suite import check_names, conformance, examine

__all__ = ["Finding", "check_names", "conformance", "examine"]
