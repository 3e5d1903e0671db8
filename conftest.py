"""For all tests, those of the plugins too: property tests draw the same examples each time, on any machine."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

# every process that a test starts would start a thread for each core, for products of matrices that none of them makes
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# and, where the environment keeps Python from writing bytecode, would compile the whole package once more
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell that runs the tests in the background has its jobs ignore Ctrl-C, and their children inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "project",
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
settings.load_profile("project")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Let each worker keep to tests that stand together: what a module sets up, devices above all, is set up once."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "worksteal"
