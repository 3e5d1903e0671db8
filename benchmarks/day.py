"""A day in the life of a program: connect, acquire, stop, disconnect, a thousand times, and what that leaves behind.

    python benchmarks/day.py            # 1000 cycles of a virtual camera
    python benchmarks/day.py 50

Prints the program's memory, handles, threads, child processes and shared-memory segments in the course of it, and the
slope of each over the second half (what a program takes once, on the way, is no leak). Exits with 1 when handles,
threads, processes or segments have grown, or memory by more than 2 kB a cycle.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

from pymodaq_hsi.devices import EnumeratedDevice, connect, enumerate_devices

FRAMES = 5
MOST_KB_A_CYCLE = 2.0
LEAST_KB = 512.0
SHARED_MEMORY = Path("/dev/shm")


@dataclass
class State:
    """What a program holds."""

    memory_kb: float
    handles: int
    threads: int
    processes: int
    segments: int


def state() -> State:
    """Return what this program holds now."""
    gc.collect()
    process = psutil.Process()
    handles = process.num_handles() if sys.platform == "win32" else process.num_fds()
    children = [child for child in process.children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    segments = len(list(SHARED_MEMORY.glob(f"hsi_{os.getpid()}_*"))) if SHARED_MEMORY.is_dir() else 0
    return State(process.memory_info().rss / 1024, handles, threading.active_count(), len(children), segments)


def cycle(device: EnumeratedDevice) -> None:
    """Connect, acquire, stop, disconnect."""
    with connect(device, timeout=60.0) as group:
        camera = group.primary_device()
        camera.setup_internal_buffers(FRAMES)
        with camera.acquire() as acquisition:
            for buffer in acquisition.buffers(FRAMES, timeout=30.0):
                if not buffer.data.any():
                    raise SystemExit(f"frame {buffer.number} is empty")


def slope(states: list[State], cycles: list[int]) -> dict[str, float]:
    """Return the growth of each number over the second half, per cycle."""
    half = len(states) // 2
    return {
        name: float(np.polyfit(cycles[half:], [asdict(each)[name] for each in states[half:]], 1)[0])
        for name in asdict(states[0])
    }


def main() -> int:
    """Run the cycles and print what they leave; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cycles", type=int, nargs="?", default=1000, help="how many (default: %(default)s)")
    parser.add_argument("--device", default="VirtualHyperCamera", help="driver name or identity of a camera")
    options = parser.parse_args()
    if options.cycles < 8:
        parser.error("a slope takes 8 cycles or more")
    device = enumerate_devices(timeout=20.0).device(options.device)
    looks = {round(share * options.cycles / 20) for share in range(1, 21)} - {0}
    cycle(device)  # loads what every program loads once
    states, at = [state()], [0]
    print(f"{'cycle':>8}{'s':>8}" + "".join(f"{name:>12}" for name in asdict(states[0])))
    begin = time.perf_counter()
    for number in range(1, options.cycles + 1):
        cycle(device)
        if number in looks:
            states.append(state())
            at.append(number)
            values = "".join(f"{value:>12,.0f}" for value in asdict(states[-1]).values())
            print(f"{number:>8}{time.perf_counter() - begin:>8.0f}{values}", flush=True)
    growth = slope(states, at)
    first, last = asdict(states[0]), asdict(states[-1])
    print()
    for name, value in growth.items():
        print(f"{name:>12}: {first[name]:,.0f} at the start, {last[name]:,.0f} at the end, {value:+.3f} a cycle")
    leaks = [name for name in growth if name != "memory_kb" and last[name] > first[name] and growth[name] > 0]
    grown = last["memory_kb"] - first["memory_kb"]
    if growth["memory_kb"] > MOST_KB_A_CYCLE and grown > LEAST_KB:  # a page or two is the allocator's own affair
        leaks.append("memory_kb")
    print(f"\n{'leaks: ' + ', '.join(leaks) if leaks else 'no leak'} in {options.cycles} cycles")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
