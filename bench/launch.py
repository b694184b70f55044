"""Runs one command and says what it cost, as JSON on the file descriptor it is given.

`python -I -S launch.py FD COMMAND...`. A process of its own, and a small one: the kernel's figure
for a child's peak memory begins with that of the process that started it.
"""

import json
import os
import subprocess
import sys
import time


def main() -> int:
    """The command's exit code; its output goes where this process's goes."""
    report, command = int(sys.argv[1]), sys.argv[2:]
    start = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    cost = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_rss_bytes": usage.ru_maxrss * 1024,
    }
    os.write(report, json.dumps(cost).encode())
    child.returncode = os.waitstatus_to_exitcode(status)
    return 0 if child.returncode == 0 else 1


sys.exit(main())
