"""What processes hold in memory, in megabytes, as Linux counts it."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.stores import PROJECT

KIBIBYTE = 1024 / 1_000_000


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
    status = Path(f"/proc/{pid}/status").read_text()
    [kibibytes] = re.findall(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kibibytes) * KIBIBYTE


def peak_of_command(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run the command to its end and return the most that it held. Raises RuntimeError if it fails."""
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")
    return usage.ru_maxrss * KIBIBYTE
