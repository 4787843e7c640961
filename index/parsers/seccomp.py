"""Have the kernel refuse what reading a document does not need, for the rest of this process: a seccomp filter of Linux.

The filter sees every system call, also those of native libraries, which raise no audit event of Python. It is a list of what is
allowed, not of what is forbidden: every format was read under it, by OCR too, with the calls below, and what the kernel learns
later is refused as well. A call whose argument decides, such as the flags of `openat`, is allowed for some values only.

Left are: reading files that the user may read, memory, threads of this process, clocks, and the descriptors that are open
already, by which the parent is answered. A refused call fails with EPERM. Calls for which libraries know a substitute fail with
ENOSYS, as on an older kernel. Calls in the form of another processor or of x32, which have other numbers, end the process.
"""

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterator
from typing import NamedTuple

_NO_NEW_PRIVILEGES, _SET_NAME, _GET_NAME, _NAME_MEMORY = 38, 15, 16, 0x53564D41  # of prctl
_SET_FILTER, _ALL_THREADS = 1, 1  # of seccomp
_NEWEST = 462  # the highest number of a call considered here
_X32 = 0x40000000
_RLIMIT_CPU = 0
_THREAD = 0x10000  # CLONE_THREAD
_NAMESPACES = 0x7E020000  # CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET and the like
_WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20000000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_TMPFILE
_ASKING = (0x5401, 0x541B, 0x5413, 0x5450, 0x5451)  # TCGETS, FIONREAD, TIOCGWINSZ, FIONCLEX, FIOCLEX, of ioctl
_DUPLICATE = (0, 1030)  # F_DUPFD, F_DUPFD_CLOEXEC
_FLAGS = (1, 2, 3, 4)  # F_GETFD, F_SETFD, F_GETFL, F_SETFL; locks would stop other programs, owners are sent signals

# Name and number on x86-64 and on arm64, which lacks some.
_CALLS = """
    read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, preadv 295 69, preadv2 327 286, lseek 8 62, close 3 57
    close_range 436 436, open 2 -, openat 257 56, dup 32 23, dup2 33 -, dup3 292 24, fcntl 72 25, ioctl 16 29
    fadvise64 221 223, readahead 187 213, poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72
    stat 4 -, fstat 5 80, lstat 6 -, newfstatat 262 79, statx 332 291, statfs 137 43, fstatfs 138 44, access 21 -
    faccessat 269 48, faccessat2 439 439, readlink 89 -, readlinkat 267 78, getcwd 79 17, getdents 78 -, getdents64 217 61
    mmap 9 222, munmap 11 215, mprotect 10 226, mremap 25 216, madvise 28 233, brk 12 214, mseal 462 462
    map_shadow_stack 453 453, mbind 237 235, get_mempolicy 239 236, membarrier 324 283
    clone 56 220, exit 60 93, exit_group 231 94, arch_prctl 158 -, prctl 157 167, rseq 334 293, set_tid_address 218 96
    set_robust_list 273 99, futex 202 98, futex_waitv 449 449, futex_wake 454 454, futex_wait 455 455, futex_requeue 456 456
    sched_yield 24 124, sched_getaffinity 204 123, sched_setaffinity 203 122, sched_getparam 143 121
    sched_getscheduler 145 120, sched_get_priority_max 146 125, sched_get_priority_min 147 126, getcpu 309 168
    rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, sigaltstack 131 132, restart_syscall 219 128
    tgkill 234 131, prlimit64 302 261, getrlimit 97 163, getrusage 98 165, sysinfo 99 179, times 100 153, uname 63 160
    getpid 39 172, gettid 186 178, getppid 110 173, getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177
    time 201 -, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114, nanosleep 35 101, clock_nanosleep 230 115
    getrandom 318 278
"""
_SUBSTITUTED = "clone3 435 435, openat2 437 437"  # their flags lie in memory, where no filter sees them


class Condition(NamedTuple):
    """What an argument of a call must be.

    Attributes:
        argument: Its number, from 0.
        values: What its lower 32 bits may be.
        mask: The bits of it that are looked at.
        upper: Whether the upper 32 bits are looked at instead.
    """

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    upper: bool = False


class Instruction(NamedTuple):
    """An instruction of the filter: `struct sock_filter` of the kernel."""

    code: int
    if_true: int
    if_false: int
    value: int


class Machine(NamedTuple):
    """A processor: its mark in the kernel, the column of its numbers, and its number of the call `seccomp`."""

    mark: int
    column: int
    seccomp: int


MACHINES = {"x86_64": Machine(0xC000003E, 1, 317), "aarch64": Machine(0xC00000B7, 2, 277)}

_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06  # of classic BPF
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _MARK_AT, _ARGUMENTS_AT = 0, 4, 16  # bytes into what the filter is given


def is_supported() -> bool:
    """Whether this system may have such a filter: Linux on x86-64 or arm64, in 64 bits."""
    return sys.platform == "linux" and platform.machine() in MACHINES and sys.maxsize > 2**32


def install_filter() -> bool:
    """Install the filter for all threads of this process, and for good.

    Returns:
        Whether it is in force; False where the system has no such filter, or refuses it.
    """
    if not is_supported():
        return False
    machine = platform.machine()
    instructions = build_filter(machine, os.getpid())
    program = b"".join(
        code.to_bytes(2, "little") + bytes((if_true, if_false)) + value.to_bytes(4, "little")
        for code, if_true, if_false, value in instructions
    )
    buffer = ctypes.create_string_buffer(program)
    described = _Program(len(instructions), ctypes.addressof(buffer))
    library = ctypes.CDLL(None)
    number, zero = MACHINES[machine].seccomp, ctypes.c_long(0)
    if library.prctl(_NO_NEW_PRIVILEGES, ctypes.c_long(1), zero, zero, zero):
        return False
    installed = library.syscall(
        ctypes.c_long(number), ctypes.c_long(_SET_FILTER), ctypes.c_long(_ALL_THREADS), ctypes.byref(described)
    )
    return bool(installed == 0)


class _Program(ctypes.Structure):
    """`struct sock_fprog` of the kernel."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def build_filter(machine: str, process: int) -> list[Instruction]:
    """Write the filter of a process.

    Args:
        machine: One of `MACHINES`.
        process: The identifier of the process.

    Returns:
        Its instructions.
    """
    mark, column, _ = MACHINES[machine]
    rules = _rules(process)
    program = [
        Instruction(_LOAD, 0, 0, _MARK_AT),
        Instruction(_EQUAL, 1, 0, mark),
        Instruction(_RETURN, 0, 0, _KILL),
        Instruction(_LOAD, 0, 0, _NUMBER_AT),
        Instruction(_AT_LEAST, 0, 1, _X32),
        Instruction(_RETURN, 0, 0, _KILL),
    ]
    for name, number in _numbers(_CALLS, column):
        body = [each for conditions in rules.get(name, ((),)) for each in _allow_if(conditions)]
        if name in rules:
            body.append(Instruction(_RETURN, 0, 0, _REFUSE | errno.EPERM))
        program += [Instruction(_EQUAL, 0, len(body), number), *body]
    for _, number in _numbers(_SUBSTITUTED, column):
        program += [Instruction(_EQUAL, 0, 1, number), Instruction(_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]
    return [
        *program,
        Instruction(_AT_LEAST, 0, 1, _NEWEST + 1),
        Instruction(_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
        Instruction(_RETURN, 0, 0, _REFUSE | errno.EPERM),
    ]


def _rules(process: int) -> dict[str, tuple[tuple[Condition, ...], ...]]:
    """List for each call that is not always allowed the sets of conditions of which one must hold."""
    itself = Condition(0, (0,))
    return {
        "open": ((Condition(1, (0,), mask=_WRITING),),),
        "openat": ((Condition(2, (0,), mask=_WRITING),),),
        "fcntl": ((Condition(1, (*_DUPLICATE, *_FLAGS)),),),
        "ioctl": ((Condition(1, _ASKING),),),
        "clone": ((Condition(0, (_THREAD,), mask=_THREAD | _NAMESPACES),),),
        "prctl": ((Condition(0, (_SET_NAME, _GET_NAME, _NAME_MEMORY)),),),
        "tgkill": ((Condition(0, (process,)),),),  # as `abort` does
        "sched_setaffinity": ((itself,),),
        # Limits may be asked for. The processor time is set anew for each file; it is the parent who keeps that limit.
        "prlimit64": (
            (itself, Condition(2, (0,)), Condition(2, (0,), upper=True)),
            (itself, Condition(1, (_RLIMIT_CPU,))),
        ),
    }


def _allow_if(conditions: tuple[Condition, ...]) -> list[Instruction]:
    """Allow a call if all conditions hold, else go on behind the last instruction."""
    program = [Instruction(_RETURN, 0, 0, _ALLOW)]
    for argument, values, mask, upper in reversed(conditions):
        tests = [
            Instruction(_EQUAL, len(values) - 1 - place, 0 if place < len(values) - 1 else len(program), value)
            for place, value in enumerate(values)
        ]
        program = [
            Instruction(_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument + 4 * upper),
            Instruction(_AND, 0, 0, mask),
            *tests,
            *program,
        ]
    return program


def _numbers(calls: str, column: int) -> Iterator[tuple[str, int]]:
    """Each call of a list that a processor has, with its number."""
    for line in calls.replace("\n", ",").split(","):
        words = line.split()
        if words and words[column] != "-":
            yield words[0], int(words[column])
