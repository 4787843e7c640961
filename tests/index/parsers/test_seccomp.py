"""The kernel's filter around what reads files: payloads in place of a parser do nothing, and no document is read otherwise."""

import errno
import os
import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest
from toy_encoder import ToyEncoder

from index import Collection, IsolatedParser
from index.parsers import isolation as isolated
from index.parsers.process import Worker
from index.parsers.seccomp import MACHINES, build_filter, is_supported

linux = pytest.mark.skipif(not is_supported(), reason="needs Linux on x86-64 or arm64")

ALLOWED, KILLED = "allowed", "killed"
OWN = 4242  # the process that the filter is written for


def decide(machine, number, *arguments, mark=None):
    """What the filter does with a call: run its instructions, as the kernel does."""
    words = {0: number, 4: MACHINES[machine].mark if mark is None else mark}
    for place in range(6):
        value = arguments[place] if place < len(arguments) else 0
        words[16 + 8 * place], words[20 + 8 * place] = value & 0xFFFFFFFF, value >> 32
    program, at, held = build_filter(machine, OWN), 0, None
    while True:
        code, if_true, if_false, value = program[at]
        at += 1
        if code == 0x20:
            held = words[value]
        elif code == 0x54:
            held &= value
        elif code in (0x15, 0x35):
            at += if_true if (held == value if code == 0x15 else held >= value) else if_false
        else:
            assert code == 0x06
            kind = value & 0xFFFF0000
            return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}.get(kind) or errno.errorcode[value & 0xFFFF]


# Name, number on x86-64 and on arm64, arguments, and what becomes of the call.
DECISIONS = [
    ("read", 0, 63, (), ALLOWED),
    ("openat to read", 257, 56, (0, 0, os.O_RDONLY), ALLOWED),
    ("openat to write", 257, 56, (0, 0, os.O_WRONLY), "EPERM"),
    ("openat to make", 257, 56, (0, 0, os.O_RDONLY | os.O_CREAT), "EPERM"),
    ("openat to empty", 257, 56, (0, 0, os.O_RDONLY | os.O_TRUNC), "EPERM"),
    ("openat of no name", 257, 56, (0, 0, 0o20200002), "EPERM"),
    ("openat2", 437, 437, (), "ENOSYS"),
    ("a thread", 56, 220, (0x3D0F00,), ALLOWED),
    ("a process", 56, 220, (17,), "EPERM"),
    ("a process that shares memory", 56, 220, (0x4111,), "EPERM"),
    ("a thread in another namespace", 56, 220, (0x3D0F00 | 0x10000000,), "EPERM"),
    ("clone3", 435, 435, (), "ENOSYS"),
    ("execve", 59, 221, (), "EPERM"),
    ("execveat", 322, 281, (), "EPERM"),
    ("socket", 41, 198, (), "EPERM"),
    ("connect", 42, 203, (), "EPERM"),
    ("sendto", 44, 206, (), "EPERM"),
    ("unlinkat", 263, 35, (), "EPERM"),
    ("renameat2", 316, 276, (), "EPERM"),
    ("linkat", 265, 37, (), "EPERM"),
    ("mkdirat", 258, 34, (), "EPERM"),
    ("mknodat", 259, 33, (), "EPERM"),
    ("fchmodat", 268, 53, (), "EPERM"),
    ("fchownat", 260, 54, (), "EPERM"),
    ("setxattr", 188, 5, (), "EPERM"),
    ("ftruncate", 77, 46, (), "EPERM"),
    ("utimensat", 280, 88, (), "EPERM"),
    ("mount", 165, 40, (), "EPERM"),
    ("flock", 73, 32, (), "EPERM"),
    ("a lock", 72, 25, (5, 6), "EPERM"),
    ("an owner for signals", 72, 25, (5, 8), "EPERM"),
    ("a copy of a descriptor", 72, 25, (5, 1030), ALLOWED),
    ("kill", 62, 129, (OWN,), "EPERM"),
    ("tgkill of itself", 234, 131, (OWN, OWN), ALLOWED),
    ("tgkill of another", 234, 131, (OWN + 1, OWN + 1), "EPERM"),
    ("ptrace", 101, 117, (), "EPERM"),
    ("process_vm_writev", 311, 271, (), "EPERM"),
    ("pidfd_getfd", 438, 438, (), "EPERM"),
    ("bpf", 321, 280, (), "EPERM"),
    ("perf_event_open", 298, 241, (), "EPERM"),
    ("io_uring_setup", 425, 425, (), "EPERM"),
    ("keyctl", 250, 219, (), "EPERM"),
    ("memfd_create", 319, 279, (), "EPERM"),
    ("userfaultfd", 323, 282, (), "EPERM"),
    ("unshare", 272, 97, (), "EPERM"),
    ("setns", 308, 268, (), "EPERM"),
    ("personality", 135, 92, (), "EPERM"),
    ("a key pressed for the terminal", 16, 29, (0, 0x5412), "EPERM"),
    ("the kind of a terminal", 16, 29, (0, 0x5401), ALLOWED),
    ("its limit of memory raised", 302, 261, (0, 9, 0x7FFF00000000), "EPERM"),
    ("its limit of memory asked", 302, 261, (0, 9, 0, 0x7FFF00000000), ALLOWED),
    ("its limit of processor time set", 302, 261, (0, 0, 0x7FFF00000000), ALLOWED),
    ("that of another set", 302, 261, (OWN + 1, 0, 0x7FFF00000000), "EPERM"),
    ("its name", 157, 167, (15,), ALLOWED),
    ("a signal at the end of the parent", 157, 167, (1, 9), "EPERM"),
    ("another filter", 317, 277, (), "EPERM"),
    ("a call not yet known", 600, 600, (), "ENOSYS"),
    ("x32", 0x40000000, 0x40000000, (), KILLED),
]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("x86", "arm", "arguments", "decision"), [d[1:] for d in DECISIONS], ids=[d[0] for d in DECISIONS]
)
def test_the_filter_decides_by_the_call_and_its_arguments(machine, x86, arm, arguments, decision):
    """On both processors, whichever of them runs the test."""
    assert decide(machine, x86 if machine == "x86_64" else arm, *arguments) == decision


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_in_the_form_of_another_processor_end_the_process(machine):
    """Their numbers mean other calls."""
    assert decide(machine, 63, mark=0x40000003) == KILLED


# Payloads, with the folder of victims as the current one: "native" ones call the system's library, of which Python hears nothing.
PAYLOADS = {
    "native unlink": "call('unlink', b'victim')",
    "native rename": "call('rename', b'victim', b'renamed')",
    "native link": "call('link', b'victim', b'linked')",
    "native open to write": "call('open', b'victim', os.O_WRONLY | os.O_TRUNC)",
    "native open to make": "call('open', b'made', os.O_WRONLY | os.O_CREAT, 0o600)",
    "native creat": "call('creat', b'made', 0o600)",
    "native fopen": "call('fopen', b'made', b'w', succeeds=lambda value: value != 0)",
    "native system": "call('system', b'touch made', succeeds=lambda value: value == 0)",
    "native fork": "call('fork', succeeds=is_parent)",
    "native clone": "call('syscall', 56 if x86 else 220, 17, 0, 0, 0, 0, succeeds=is_parent)",
    "native posix_spawn": "spawn()",
    "native execv": "call('execv', b'/bin/true', (ctypes.c_char_p * 2)(b'/bin/true', None))",
    "native socket": "call('socket', 2, 1, 0)",
    "native connect and send": "connect()",
    "native socketpair": "call('socketpair', 1, 1, 0, (ctypes.c_int * 2)())",
    "native kill": "call('kill', os.getppid(), 0)",
    "native tgkill": "call('syscall', 234 if x86 else 131, os.getppid(), os.getppid(), 0)",
    "native ptrace": "call('ptrace', 16, os.getppid(), 0, 0)",
    "native process_vm_readv": "call('process_vm_readv', os.getppid(), piece(), 1, piece(), 1, 0)",
    "native pidfd_open": "call('syscall', 434, os.getppid(), 0)",
    "native prlimit": "call('prlimit', os.getppid(), 7, (ctypes.c_ulong * 2)(9, 9), None)",
    "native prlimit of its own memory": "call('prlimit', 0, 9, (ctypes.c_ulong * 2)(2**60, 2**60), None)",
    "native unshare": "call('unshare', 0x10000000)",
    "native mount": "call('mount', b'none', b'.', b'tmpfs', 0, None)",
    "native bpf": "call('syscall', 321 if x86 else 280, 0, ctypes.create_string_buffer(128), 128)",
    "native io_uring": "call('syscall', 425, 1, ctypes.create_string_buffer(256))",
    "native keyctl": "call('syscall', 250 if x86 else 219, 0, -3, 1)",
    "native flock": "call('flock', os.open('victim', os.O_RDONLY), 2)",
    "native owner of signals": "call('fcntl', 0, 8, os.getppid())",
    "native futimens": "call('futimens', os.open('victim', os.O_RDONLY), None)",
    "native fchmod": "call('fchmod', os.open('victim', os.O_RDONLY), 0o777)",
    "_posixsubprocess.fork_exec": "fork_exec()",
    "os.mkfifo": "os.mkfifo('made')",
    "os.mknod": "os.mknod('made')",
    "os.setxattr": "os.setxattr('victim', 'user.a', b'1')",
    "os.kill": "os.kill(os.getppid(), 0)",
    "signal.pidfd_send_signal": "signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0)",
    "os.mkdir": "os.mkdir('made')",
    "os.symlink": "os.symlink('victim', 'made')",
    "os.chmod": "os.chmod('victim', 0o777)",
    "os.chown": "os.chown('victim', os.getuid(), os.getgid())",
    "os.truncate": "os.truncate('victim', 0)",
    "os.utime": "os.utime('victim', (1, 1))",
    "os.memfd_create": "os.memfd_create('made')",
    "os.setpriority": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)",
    "os.sched_setaffinity": "os.sched_setaffinity(os.getppid(), {0})",
    "resource.prlimit": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (9, 9))",
    "_io.open_code of a file to write": "io.FileIO('victim', 'r+')",
    "_socket.socket": "_socket.socket()",
}

# A module whose function reads files as `worker.read_files` does, but runs what is in a .csv file in place of a parser; "done"
# means that the payload reached its aim. The audit hook is off: the kernel alone refuses.
HOSTILE = """
import ctypes, io, os, resource, signal, sys, types
import _posixsubprocess, _socket
from index.parsers import worker
from index.parsers.builder import Extraction

libc, x86 = ctypes.CDLL(None, use_errno=True), os.uname().machine == "x86_64"
libc.fopen.restype = ctypes.c_void_p

def call(name, *arguments, succeeds=lambda value: value >= 0):
    ctypes.set_errno(0)
    value = getattr(libc, name)(*arguments)
    if not succeeds(value or 0):
        raise OSError(ctypes.get_errno(), name)

def is_parent(value):
    return value > 0 or (value == 0 and os._exit(0))

def piece():
    return (ctypes.c_void_p * 2)(ctypes.addressof(ctypes.create_string_buffer(8)), 8)

def spawn():
    names = (ctypes.c_char_p * 2)(b"/bin/true", None)
    call("posix_spawn", ctypes.byref(ctypes.c_int()), names[0], None, None, names, None, succeeds=lambda value: value == 0)

def connect():
    port = int(open("port").read())
    descriptor = libc.socket(2, 1, 0)
    address = b"\\x02\\0" + port.to_bytes(2, "big") + b"\\x7f\\0\\0\\1" + bytes(8)
    call("connect", descriptor, address, 16)
    call("send", descriptor, b"x", 1, 0)

def fork_exec():
    out, into = os.pipe()
    _posixsubprocess.fork_exec([b"/bin/true"], [b"/bin/true"], True, (into,), None, None, -1, -1, -1, -1, -1, -1, out, into,
                               False, False, -1, None, None, None, -1, None, *([False] if sys.version_info < (3, 14) else []))

def parse(content, *, name, encoding):
    try:
        exec(content.decode())
    except OSError:
        return Extraction("refused")
    return Extraction("done")

def read_files(memory):
    os.chdir(FOLDER)
    sys.modules["index.parsers.csv"] = types.SimpleNamespace(read_csv=parse)
    sys.addaudithook = lambda hook: None
    worker.read_files(memory)

def read_files_unfiltered(memory):
    worker.install_filter = lambda: False
    read_files(memory)

def read_files_refused(memory):
    worker.install_filter = lambda: False
    worker.read_files(memory)
"""


@pytest.fixture(scope="module")
def attack(tmp_path_factory):
    """Make an `IsolatedParser` whose process runs a function of the hostile module, and the folder of victims that is its own."""
    modules, folder = tmp_path_factory.mktemp("modules"), tmp_path_factory.mktemp("victims")
    (modules / "hostile_worker.py").write_text(f"FOLDER = {str(folder)!r}\n{HOSTILE}")
    sys.path.append(str(modules))

    def make(function):
        reader = IsolatedParser()
        reader._files = Worker(
            function, memory=isolated.MEMORY, most=99, stopped=lambda: False, module="hostile_worker"
        )
        return reader, folder

    yield make
    sys.path.remove(str(modules))


@pytest.fixture(scope="module")
def attacked(attack):
    """A process that runs payloads under the filter, its folder, and a port to which it may try to connect."""
    reader, folder = attack("read_files")
    with socket.create_server(("127.0.0.1", 0)) as listening, reader:
        (folder / "port").write_text(str(listening.getsockname()[1]))
        yield reader, folder


@linux
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_payload_in_place_of_a_parser_does_nothing(attacked, tmp_path, payload):
    """It is refused by the kernel, without Python's hook, and nothing is changed."""
    reader, folder = attacked
    victim = folder / "victim"
    victim.write_text("kept")
    victim.chmod(0o600)
    before = victim.stat()
    (tmp_path / "a.csv").write_text(payload)
    assert reader(tmp_path / "a.csv", name="a.csv").text == "refused"
    assert sorted(os.listdir(folder)) == ["port", "victim"]
    assert victim.read_text() == "kept" and os.listxattr(victim) == []
    after = victim.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_nlink) == (before.st_mode, before.st_mtime_ns, before.st_nlink)


@linux
@pytest.mark.parametrize(
    "payload", ["os.mkdir('made')", "call('mkfifo', b'made', 0o600)", "call('system', b'touch made')"]
)
def test_a_payload_does_harm_without_the_filter(attack, tmp_path, payload):
    """Else the test above could not fail."""
    reader, folder = attack("read_files_unfiltered")
    (tmp_path / "a.csv").write_text(payload)
    with reader:
        assert reader(tmp_path / "a.csv", name="a.csv").text == "done"
    made = folder / "made"
    assert made.exists()
    made.rmdir() if made.is_dir() else made.unlink()


ASKED = {
    ("index.parsers.worker", "read_files"): {
        "path": "x.csv",
        "name": "x.csv",
        "rows": False,
        "suffix": ".csv",
        "encoding": "",
    },
    ("index.parsers.worker", "read_pictures"): {},
    ("index.originals.worker", "show_originals"): {"path": "x.csv", "name": "x.csv", "suffix": ".csv", "kind": "grid"},
}


@linux
@pytest.mark.parametrize(("module", "function"), ASKED, ids=[function for _, function in ASKED])
def test_each_process_that_opens_documents_has_the_filter_and_few_variables(monkeypatch, module, function):
    """Its replies tell so, and so does the kernel."""
    monkeypatch.setenv("QA_TOKEN", "secret")
    worker = Worker(function, memory=isolated.MEMORY, most=1, stopped=lambda: False, module=module)
    worker.prepare()
    try:
        reply, _ = worker.ask(ASKED[module, function], seconds=30)
        assert "error" in reply and worker.filtered is True
        assert filters(worker.process.pid) == filters("self") + 1
        assert "secret" not in Path(f"/proc/{worker.process.pid}/environ").read_text()
    finally:
        worker.stop()


def filters(process):
    """How many filters the kernel has for a process."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("Seccomp_filters:")[2].split()[0])


NOTICE = "This system refuses the filter (seccomp) that confines the readers of files. See: qa help formats"


@linux
@pytest.mark.parametrize(("function", "told"), [("read_files", []), ("read_files_refused", [NOTICE])])
def test_a_notice_says_where_the_kernel_refuses_the_filter(attack, tmp_path, function, told):
    """Files are read without it there."""
    reader, _ = attack(function)
    (tmp_path / "a.csv").write_text("pass")
    notices = []
    with reader, closing(Collection(tmp_path / "collection", ToyEncoder())) as collection:
        assert collection.update([tmp_path / "a.csv"], read=reader, on_notice=notices.append).added == 1
    assert notices == told
