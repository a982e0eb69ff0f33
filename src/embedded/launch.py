"""Turns itself into another program, its life tied to the supervisor's. A script: launch.py SPEC ARGV...

This is a program of its own, and not a `preexec_fn`, because Python code between fork and exec can deadlock
in a process that has threads. It imports the standard library alone, so that it starts in a few milliseconds.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any, NoReturn

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
NO_SETUID_FIXUP = 4
CAPABILITY_VERSION_3 = 0x20080522
UNREACHABLE, UNUSABLE = 125, 126


def main(arguments: list[str]) -> NoReturn:
    """Apply the JSON of the first argument, then run the others; exit with 125 or 126 where that can't be."""
    # Python would note a Ctrl-C for later, and exec would forget the note.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    spec, argv = json.loads(arguments[0]), arguments[1:]
    try:
        if spec["uid"] is not None:
            _become(spec["uid"], spec["gid"], spec["capability"])
    except OSError as error:
        _fail(f"can't become the user {spec['uid']}: {error}", UNUSABLE)
    try:
        os.chdir(spec["cwd"])
    except OSError as error:
        _fail(str(error), UNREACHABLE)
    # Last of all, because a change of user clears it.
    _die_with(spec["parent"], spec["death_signal"])
    # Python ignores these two, and what is ignored stays ignored in the program.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(argv[0], argv)  # noqa: S606 - no shell is wanted
    except OSError as error:
        _fail(str(error), UNUSABLE)


def _die_with(parent: int, number: int) -> None:
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(0)


def _become(uid: int, gid: int, capability: int | None) -> None:
    """Change to another user for good, who keeps one capability, if any, through every exec."""
    if capability is not None:
        # Without this bit access(2), by which Postgres checks its own files, leaves the capability out.
        _prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP)
    os.setgroups([gid])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if capability is not None:
        _keep_only(capability)
        _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _keep_only(capability: int) -> None:
    """Set the effective, permitted and inheritable sets to this one capability."""
    words = [0] * 6  # effective, permitted, inheritable of capabilities 0 to 31, then of 32 to 63
    for place in range(3):
        words[capability // 32 * 3 + place] = 1 << capability % 32
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _checked(_libc().capset(header, (ctypes.c_uint32 * 6)(*words)))


def _prctl(option: int, *values: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    _checked(_libc().prctl(option, *padded))


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _fail(text: str, code: int) -> NoReturn:
    print(text, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
