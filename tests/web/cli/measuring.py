"""A command in a process of its own, and what it costs."""

import os
import subprocess
import sys


def run_measured(*arguments: str) -> tuple[int, int]:
    """Run a command in a process of its own; return its exit status and the most memory that it held, in MB.

    `ru_maxrss` would also count what the process held from which this one was forked: the whole test run.
    """
    code = (
        "import sys; from web.cli import main; status = main(sys.argv[1:]);"
        "held = next(line for line in open('/proc/self/status') if line.startswith('VmHWM:'));"
        "print(); print(int(held.split()[1]) >> 10); sys.exit(status)"
    )
    run = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(run, capture_output=True, text=True, check=False, env=os.environ, timeout=60)
    return done.returncode, int(done.stdout.splitlines()[-1])
