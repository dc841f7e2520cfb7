"""What processes hold in memory, in megabytes, as Linux counts it."""

import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.stores import PROJECT

KIBIBYTE = 1024 / 1_000_000
LOOK_AGAIN_SECONDS = 0.02


class Workers:
    """The workers of a server, and how far each goes beyond what it held when this was made."""

    def __init__(self, pid: int) -> None:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._idle = {int(worker): held(int(worker), "VmRSS") for worker in children}

    def forget_peaks(self) -> None:
        for worker in self._idle:
            Path(f"/proc/{worker}/clear_refs").write_text("5")

    def peak_over_idle(self) -> float:
        """The most that one of them held since `forget_peaks`, over idle."""
        return max(held(worker, "VmHWM") - idle for worker, idle in self._idle.items())


def held(pid: int, name: str) -> float:
    """0 once the process has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * KIBIBYTE if found else 0.0


def peak_of_command(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run the command to its end and return the most that it held. Raises CalledProcessError if it fails.

    It is looked at while it runs: `ru_maxrss` would tell what this process held when it started the other one.
    """
    peak = 0.0
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, held(process.pid, "VmHWM"))
            time.sleep(LOOK_AGAIN_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak
