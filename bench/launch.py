"""Runs one command and says what it cost, as JSON on the file descriptor it is given.

`python -I -S launch.py FD COMMAND...`. A process of its own, and a small one: the kernel's figure
for a child's peak memory begins with that of the process that started it.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path


class Anonymous(threading.Thread):
    """Watches a process's anonymous memory, which the kernel keeps no peak of."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.status = Path(f"/proc/{pid}/status")
        self.done = threading.Event()
        self.peak = 0

    def run(self) -> None:
        """Looks every ten milliseconds until told to stop or the process has gone."""
        while not self.done.wait(0.01):
            try:
                with self.status.open() as status:
                    for line in status:
                        if line.startswith("RssAnon:"):
                            self.peak = max(self.peak, int(line.split()[1]) * 1024)
            except OSError:
                return


def main() -> int:
    """The command's exit code; its output goes where this process's goes."""
    report, command = int(sys.argv[1]), sys.argv[2:]
    start = time.perf_counter()
    child = subprocess.Popen(command)
    anon = Anonymous(child.pid)
    anon.start()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    anon.done.set()
    anon.join()
    cost = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_rss_bytes": usage.ru_maxrss * 1024,
        "peak_anon_bytes": anon.peak,
    }
    os.write(report, json.dumps(cost).encode())
    child.returncode = os.waitstatus_to_exitcode(status)
    return 0 if child.returncode == 0 else 1


sys.exit(main())
