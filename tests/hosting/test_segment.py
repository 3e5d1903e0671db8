"""Shared memory that cannot leak."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pymodaq_hsi.errors import AcquisitionError
from pymodaq_hsi.hosting.segment import Segment

in_dev_shm = pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="shared memory has no folder here")


def test_what_one_writes_the_other_reads_after_the_name_is_gone() -> None:
    one = Segment.create(100_000)
    other = Segment.attach(one.name)
    one.unlink()
    one.unlink()
    one.words[10] = 2**64 - 1
    one.bytes[99_999] = 7
    assert other.words[10] == 2**64 - 1
    assert other.bytes[99_999] == 7
    assert one.address != other.address
    with pytest.raises(FileNotFoundError):
        Segment.attach(one.name)


@in_dev_shm
def test_the_name_says_whose_it_is_and_lives_only_until_it_is_unlinked() -> None:
    segment = Segment.create(5000)
    path = Path("/dev/shm", segment.name)
    assert path.exists()
    assert segment.name.startswith(f"hsi_{os.getpid()}_")
    segment.unlink()
    assert not path.exists()


def test_too_much_memory_is_an_error_that_says_how_much_and_what_to_do() -> None:
    with pytest.raises(AcquisitionError, match=r"cannot reserve 1099511627776 MiB .* ask for fewer buffers"):
        Segment.create(2**60)


def test_the_memory_goes_with_its_last_holder() -> None:
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("no list of mappings here")
    segment = Segment.create(50_000)
    segment.unlink()
    name = segment.name
    assert name in maps.read_text()
    words = segment.words
    del segment
    gc.collect()
    assert name not in maps.read_text()
    with pytest.raises(ValueError, match="released"):
        words[0]


@in_dev_shm
@pytest.mark.parametrize("end", ["os._exit(1)", "os.kill(os.getpid(), 9)", "raise SystemExit", "1 / 0"])
def test_an_application_that_ends_between_creating_and_unlinking_leaves_nothing(end: str) -> None:
    script = f"""
        import os
        from pymodaq_hsi.hosting.segment import Segment
        segment = Segment.create(5000)
        print(segment.name, flush=True)
        {end}
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=30, check=False
    )
    name = done.stdout.strip()
    assert name.startswith("hsi_"), done.stderr
    for _ in range(100):
        if not Path("/dev/shm", name).exists():
            return
        subprocess.run(["sleep", "0.05"], check=True)
    pytest.fail(f"{name} is still there")
