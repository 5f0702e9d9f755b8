"""The process that makes a child for whoever asks: same output and status, never twice, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from pipelines.kernel import warm
from pipelines.run import LOADED

pytestmark = pytest.mark.skipif(not warm.is_possible(), reason="only Linux can make such children")

ROOT = Path(__file__).resolve().parents[1]

PLAYED = """
import os, sys, threading, time
from pathlib import Path

def say(word, status):
    print(word, os.environ["WORD"], Path.cwd().name)
    print("aside", file=sys.stderr)
    sys.exit(int(status))

def bring(word):
    print(word, sys.stdin.read())

def killed():
    os.kill(os.getpid(), 9)

def stay(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)

def count(path):
    with open(path, "a") as stream:
        stream.write("x")

def busy():
    time.sleep(1.5)

def threads():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()

def broken():
    raise RuntimeError("cannot be loaded")
"""

CALLER = (
    "import sys; from pipelines.kernel.warm import handed_over, ended; "
    "status = handed_over(sys.argv[1], sys.argv[2:], 5.0); print('refused') if status is None else ended(status)"
)

Begun = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Begun:
    """What begins the process, with a module `played` that it can load, and waits until it is heard."""
    (tmp_path / "played.py").write_text(PLAYED, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path)]))

    @contextmanager
    def beginning(*loads: str) -> Iterator[None]:
        with warm.begun(tmp_path, loads):
            until((tmp_path / "warm").exists)
            yield

    return beginning


def asked(*words: str, folder: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Ask from a process of its own, as a stage's is."""
    return subprocess.run(
        [sys.executable, "-c", CALLER, *words],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        input="what was typed",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def until(said: Callable[[], bool]) -> None:
    """Wait until it is so; fail after ten seconds."""
    end = time.monotonic() + 10
    while not said():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def test_a_child_works_in_the_place_of_who_asked(begun: Begun, tmp_path: Path) -> None:
    """Output, errors, input, folder, environment and exit status are the caller's."""
    folder = tmp_path / "here"
    folder.mkdir()
    with begun("played"):
        done = asked("played:say", "hello", "2", folder=folder, environment={"WORD": "there"})
        assert (done.stdout, done.stderr, done.returncode) == ("hello there here\n", "aside\n", 2)
        assert asked("played:bring", "read:", folder=folder).stdout == "read: what was typed\n"
        assert asked("played:killed", folder=folder).returncode == -signal.SIGKILL
        raised = asked("played:absent", folder=folder)
    assert raised.returncode == 1
    assert "AttributeError" in raised.stderr


def test_who_finds_nobody_does_it_himself(begun: Begun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without such a process, after its end, or when it died, the answer is a refusal."""
    assert warm.handed_over("played:say", ["hello", "0"]) is None
    with begun():
        address = os.environ[warm.ADDRESS]
    assert warm.ADDRESS not in os.environ
    monkeypatch.setenv(warm.ADDRESS, address)
    assert warm.handed_over("played:say", ["hello", "0"]) is None


def test_nothing_is_done_twice_when_the_process_is_busy(begun: Begun, tmp_path: Path) -> None:
    """A caller who gave up waiting has asked for nothing: no child comes later and does it again."""
    marks = tmp_path / "marks"
    with begun("played:busy"):
        time.sleep(0.3)  # it sleeps by now
        assert warm.handed_over("played:count", [str(marks)], 0.1) is None
        assert asked("played:count", str(marks), folder=tmp_path).stdout == ""
    assert marks.read_text(encoding="utf-8") == "x"


def test_a_process_with_a_second_thread_is_not_copied(begun: Begun, tmp_path: Path) -> None:
    """What a thread of it might hold locked would stay so in the child."""
    with begun("played:threads"):
        until(lambda: asked("played:count", str(tmp_path / "marks"), folder=tmp_path).stdout == "refused\n")


def test_what_cannot_be_loaded_is_left_to_who_needs_it(begun: Begun, tmp_path: Path) -> None:
    """The process goes on without."""
    with begun("nowhere.at.all", "played:broken", "played"):
        assert asked("played:say", "hello", "0", folder=tmp_path, environment={"WORD": ""}).returncode == 0


@pytest.mark.parametrize("who", ["the run", "the caller"])
def test_a_child_ends_with_the_run_and_with_its_caller(begun: Begun, tmp_path: Path, who: str) -> None:
    """Nothing goes on writing once nobody waits for it."""
    note = tmp_path / "note"
    with begun("played"):
        caller = subprocess.Popen([sys.executable, "-c", CALLER, "played:stay", str(note)])
        until(lambda: note.exists() and note.read_text(encoding="utf-8") != "")
        child = int(note.read_text(encoding="utf-8"))
        if who == "the caller":
            caller.terminate()
            until(lambda: not Path(f"/proc/{child}").exists())
    until(lambda: not Path(f"/proc/{child}").exists())
    assert caller.wait(10) == -signal.SIGTERM


def test_a_child_stays_while_its_caller_is_asked_to_stop_by_key(begun: Begun, tmp_path: Path) -> None:
    """The key reaches both: the caller waits for what the child has to say."""
    note = tmp_path / "note"
    with begun("played"):
        caller = subprocess.Popen(
            [sys.executable, "-c", CALLER, "played:stay", str(note)], stderr=subprocess.PIPE, text=True
        )
        until(lambda: note.exists() and note.read_text(encoding="utf-8") != "")
        caller.send_signal(signal.SIGINT)
        os.kill(int(note.read_text(encoding="utf-8")), signal.SIGINT)
        _, errors = caller.communicate(timeout=10)
    assert "KeyboardInterrupt" in errors
    assert caller.returncode == -signal.SIGINT


def test_nothing_that_a_run_loads_beforehand_starts_a_thread() -> None:
    """Else no stage would be given a child, and every import be paid again. All of it can be loaded, too."""
    program = (
        "import os, sys; from importlib import import_module\n"
        "for name in sys.argv[1:]:\n"
        "    module, _, function = name.partition(':')\n"
        "    found = import_module(module)\n"
        "    function and getattr(found, function)()\n"
        "    assert len(os.listdir('/proc/self/task')) == 1, name\n"
    )
    environment = {**os.environ, **warm.ONE_THREAD, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program, *LOADED], env=environment, cwd=ROOT, timeout=120, check=True)
