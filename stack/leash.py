"""Becomes the given program, in such a way that it does not outlive the supervisor: `leash.py <supervisor> <command>`.

A program of its own, because code between fork and exec is unsafe in a process with threads. Linux only: on macOS a
killed supervisor leaves its parts running, and the next start ends them (leftovers in supervisor.py)."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    supervisor, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        # SIGKILL, as the supervisor itself was killed: every part can stand it, and no port stays taken.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # it died before we got here
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606


main()
