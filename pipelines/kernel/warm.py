"""A process that has the libraries loaded and makes one more of itself for whoever asks: imports are paid once a run.

A run starts it beside itself (`begun`); while the first stages work it loads what later ones need, on the core that
would else wait. A stage's process, which DVC starts, then asks it for a child (`handed_over`) that does the work with
the caller's own input, output, folder and environment, and ends with the status that the child ended with. Workers of
a stage come the same way (`kernel/workers.py`). Each child is a process of its own: nothing of one stage is left for
the next, and its memory goes with it.

Only a process without a second thread may be copied: what a lock protects might otherwise stay locked for ever. So
nothing that starts threads is loaded here (polars does; children load it themselves, in a tenth of a second), and
before each copy the threads are counted: with more than one no child is made. Nobody depends on this process: where
there is none, where it is busy or the system is another than Linux, the caller does the work itself.

Asking goes in three steps, so that nothing is ever done twice: the caller calls, waits for `ready` for a moment, and
only then says what it wants. A caller that ends takes its child with it; the end of the run ends them all.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

ADDRESS = "OBSERVATOIRE_WARM"
"""Environment variable with the address of the process, for those whom a run has started."""

PATIENCE = 0.3
"""Seconds that a caller waits for `ready`: the process may be in the midst of loading a library."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""What keeps numpy's library to one thread: it may then be copied, and sums come in one order on any machine."""

SELDOM = 20_000
"""Objects between two collections, here and in every child: most live as long as the stage, looked through in vain."""

_LONGEST = 1 << 20
"""Bytes read at once of a request: the environment is most of it."""


def is_possible() -> bool:
    """Say whether this system can: Linux, where threads can be counted and the end of a process awaited like a file."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


@contextmanager
def begun(folder: Path, loads: Sequence[str]) -> Iterator[None]:
    """Have such a process while the block runs, its address in `folder`; it loads `loads`, one `module:function` each.

    The environment names it to every process started in the block. Where it cannot be, nothing is there, and all goes
    on without.
    """
    if not is_possible():
        yield
        return
    address = folder / "warm"
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.kernel.warm", str(address), *loads],
        stdin=subprocess.PIPE,  # its end, however the run ends, is what the process ends at
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **ONE_THREAD},
    )
    os.environ[ADDRESS] = str(address)
    try:
        yield
    finally:
        os.environ.pop(ADDRESS, None)
        if process.stdin is not None:
            process.stdin.close()
        process.wait()


def handed_over(call: str, arguments: Sequence[str], patience: float = PATIENCE) -> int | None:
    """Have a child call `module:function` with `arguments` in this process's place; return its exit status.

    `None` when there is nobody to ask, or nobody answered: nothing was done then. A negative status is the signal
    that ended the child.
    """
    asked = called(call, arguments, (0, 1, 2), patience)
    if asked is None:
        return None
    # A key pressed to stop reaches the child as well, which says what it has to say: its end is waited for.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with asked:
            said = asked.makefile("rb").read()
    finally:
        signal.signal(signal.SIGINT, before)
    return int(said) if said else -signal.SIGKILL


def ended(status: int) -> NoReturn:
    """End this process as the child in its place has ended: by its exit status, or by the same signal."""
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


def called(
    call: str, arguments: Sequence[str], files: Sequence[int], patience: float = PATIENCE
) -> socket.socket | None:
    """Have a child call `module:function`; return the connection on which its status will come, `None` when refused.

    `files` become the child's first three files. The child ends when the connection is closed.
    """
    address = os.environ.get(ADDRESS)
    if not address:
        return None
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        caller.settimeout(patience)
        caller.connect(address)
        if caller.recv(1) != b"+":
            caller.close()
            return None
        caller.settimeout(None)
        wanted = {
            "call": call,
            "arguments": list(arguments),
            "folder": str(Path.cwd()),
            "environment": dict(os.environ),
        }
        text = json.dumps(wanted).encode("utf-8")
        socket.send_fds(caller, [len(text).to_bytes(4, "big")], list(files))
        caller.sendall(text)
    except OSError:  # nobody there, or busy: a refusal, whatever the reason
        caller.close()
        return None
    return caller


class _Server:
    """The process itself: loads while nobody calls, makes a child for each caller, tells the caller how it ended."""

    def __init__(self, address: str, loads: Sequence[str]) -> None:
        self._loads = list(loads)
        self._waiting = selectors.DefaultSelector()
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        part = Path(f"{address}.part")
        self._listening.bind(str(part))
        self._listening.listen(8)
        part.replace(address)  # who finds it is heard
        self._waiting.register(self._listening, selectors.EVENT_READ)
        self._waiting.register(0, selectors.EVENT_READ)
        self._children: dict[int, tuple[int, socket.socket]] = {}  # by process: what tells its end, and who asked
        self._callers: dict[int, int] = {}  # by file of the connection: the process, 0 before it is asked for

    def serve(self) -> Callable[[], None] | None:
        """Go on until the run ends; in a child, return what it has to do."""
        while True:
            for key, _ in self._waiting.select(0 if self._loads else None):
                if key.fileobj == 0:
                    self._end_all()
                    return None
                work = self._answered(key)
                if work is not None:
                    return work
            if self._loads:
                _load(self._loads.pop(0))
                if not self._loads:
                    gc.collect()
                gc.freeze()  # a child's collections need not look through libraries

    def _answered(self, key: selectors.SelectorKey) -> Callable[[], None] | None:
        if key.fileobj is self._listening:
            self._greet()
        elif isinstance(key.data, int):
            self._tell(key.data)
        elif isinstance(key.fileobj, socket.socket) and key.fileobj.fileno() in self._callers:
            caller = key.fileobj
            process = self._callers[caller.fileno()]
            if not process:
                return self._copied(caller)
            with suppress(ProcessLookupError):  # the caller has gone, and its child goes with it
                os.kill(process, signal.SIGTERM)
            self._waiting.unregister(caller)
        return None

    def _greet(self) -> None:
        caller, _ = self._listening.accept()
        if _threads() > 1:
            caller.close()
            return
        with suppress(OSError):
            caller.sendall(b"+")
        self._callers[caller.fileno()] = 0
        self._waiting.register(caller, selectors.EVENT_READ)

    def _copied(self, caller: socket.socket) -> Callable[[], None] | None:
        """Make the child that was asked for. In the child, return its work."""
        try:
            size, files, _, _ = socket.recv_fds(caller, 4, 3)
            text = b""
            while len(size) == 4 and len(text) < int.from_bytes(size, "big"):
                part = caller.recv(_LONGEST)
                if not part:
                    break
                text += part
        except OSError:
            size, files, text = b"", [], b""
        if len(size) < 4 or len(text) != int.from_bytes(size, "big") or len(files) != 3:  # gave up before asking
            for file in files:
                os.close(file)
            self._forget(caller)
            return None
        wanted = json.loads(text)
        process = os.fork()
        if process == 0:
            self._let_go()
            return _work(wanted, files)
        for file in files:
            os.close(file)
        self._callers[caller.fileno()] = process
        ends = os.pidfd_open(process)
        self._children[process] = (ends, caller)
        self._waiting.register(ends, selectors.EVENT_READ, process)
        return None

    def _tell(self, process: int) -> None:
        """Say to the caller how its child ended."""
        ends, caller = self._children.pop(process)
        self._waiting.unregister(ends)
        os.close(ends)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        with suppress(OSError):
            caller.sendall(str(status).encode("ascii"))
        self._forget(caller)

    def _forget(self, caller: socket.socket) -> None:
        del self._callers[caller.fileno()]
        with suppress(KeyError):
            self._waiting.unregister(caller)
        caller.close()

    def _let_go(self) -> None:
        """In a child: let go of what is the parent's."""
        for key in list(self._waiting.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
            elif key.fd > 2:
                os.close(key.fd)
        for _, caller in self._children.values():
            caller.close()
        self._waiting.close()

    def _end_all(self) -> None:
        for process in self._children:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        for process in list(self._children):
            self._tell(process)


def _threads() -> int:
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def _load(name: str) -> None:
    """Load one thing beforehand. What cannot be loaded is met, and said, by the stage that needs it."""
    module, _, function = name.partition(":")
    with suppress(Exception):
        found = import_module(module)
        if function:
            getattr(found, function)()


def _work(wanted: dict[str, Any], files: Sequence[int]) -> Callable[[], None]:
    """In a child: take the caller's files, folder and environment; return the call."""
    for place, file in enumerate(files):
        os.dup2(file, place)
    for file in files:
        if file > 2:
            os.close(file)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # for as long as the process lives
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    module, _, function = wanted["call"].partition(":")
    return lambda: getattr(import_module(module), function)(*wanted["arguments"])


def main() -> None:
    """Serve at the address given until standard input ends; in a child, do what was asked for and end."""
    gc.set_threshold(SELDOM, 20, 100)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run, which is told too, ends it
    work = _Server(sys.argv[1], sys.argv[2:]).serve()
    if work is not None:
        work()


if __name__ == "__main__":
    main()
