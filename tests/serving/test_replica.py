"""A replica that serves: answers, replacement, draining, hung workers."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from modelyard.serving import frames
from modelyard.serving.session import SERVER

PID = "return os.getpid()"

SLOW = """
open(data["mark"], "w").close()
while not os.path.exists(data["go"]):
    time.sleep(0.005)
return "done"
"""

OWN_PID_AT_LOAD = """
import os

def load_model():
    global OWNER
    OWNER = os.getpid()

def predict(data):
    return {result}
"""

OTHER_PYTHONS = [
    path
    for version in ("3.7.16", "3.8.18", "3.13.0")
    for path in [Path.home() / ".pyenv" / "versions" / version / "bin" / "python"]
    if path.exists()
]


def test_a_worker_greets_then_answers_in_order(ready: Any) -> None:
    peer = ready().peer()
    for number in range(20):
        peer.send(b"%d" % number, id=number)
    greeting = peer.receive()
    assert (greeting.kind, greeting.id) == (frames.HELLO, frames.VERSION)
    answers = [peer.answer() for _ in range(20)]
    assert [(answer.id, answer.number, answer.body) for answer in answers] == [(n, 200, b"%d" % n) for n in range(20)]


@pytest.mark.parametrize("python", OTHER_PYTHONS, ids=lambda path: path.parts[-3])
def test_other_pythons_serve_without_modelyard_installed(ready: Any, python: Path) -> None:
    replica = ready(predict="return list(sys.version_info[:2])", python=str(python))
    version = subprocess.run([str(python), "-V"], capture_output=True, text=True).stdout.split()[1]
    assert json.loads(replica.peer().ask(b"0").body) == [int(part) for part in version.split(".")[:2]]


def test_bodies_of_megabytes_pass_both_ways(ready: Any) -> None:
    text = json.dumps("x" * 30_000_000).encode()
    assert ready(workers=1).peer().ask(text).body == text


def test_modules_of_the_artifact_may_be_called_like_ours(ready: Any) -> None:
    helpers = {"frames.py": "NAME = 'theirs'\n", "worker.py": "import frames\n", "state.py": "", "codec.py": ""}
    replica = ready(predict="import codec, state, worker\nreturn worker.frames.NAME", files=helpers)
    assert replica.peer().ask(b"0").body == b'"theirs"'
    assert {path.name for path in (replica.folder / "artifact").iterdir()} == {"score.py", *helpers}


def test_bad_json_an_exception_and_an_unwritable_result_each_say_what_was_wrong(ready: Any) -> None:
    score = """
def load_model():
    return {"a": 1}

def predict(data, model=load_model()):
    if data == "exit":
        raise SystemExit(3)
    if data == "set":
        return {1}
    return 1 / data
"""
    replica = ready(score, workers=1)
    peer = replica.peer()

    def fault(body: bytes) -> tuple[int, str, str]:
        answer = peer.ask(body)
        code, message = json.loads(answer.body).values()
        return answer.number, code, message

    assert fault(b"{")[:2] == (400, "CannotParseRequest")
    status, code, message = fault(b"0")
    assert (status, code) == (500, "PredictionFailed")
    assert message == "ZeroDivisionError: division by zero (score.py, line 10 in predict)"
    assert fault(b'"exit"')[:2] == (500, "PredictionFailed")
    assert "builtins.set" in fault(b'"set"')[2]
    assert peer.ask(b"2").body == b"0.5"
    assert "ZeroDivisionError: division by zero" in replica.log
    assert replica.state.workers[0].restarts == 0


def test_a_model_without_a_default_is_passed(ready: Any) -> None:
    replica = ready("def load_model():\n    return 41\n\ndef predict(data, model):\n    return data + model\n")
    assert replica.peer().ask(b"1").body == b"42"


def test_a_request_past_its_deadline_is_not_predicted(ready: Any) -> None:
    peer = ready().peer()
    peer.send(b"1", deadline=int(time.time() * 1000) - 1000)
    assert peer.answer().number == 504


def test_a_killed_worker_is_replaced_and_the_others_never_notice(ready: Any, until: Any, folder: Any) -> None:
    replica = ready(predict=PID)
    other, victim = replica.peer(0), replica.peer(1)
    pids = [int(other.ask(b"0").body), int(victim.ask(b"0").body)]
    stop, answers = threading.Event(), []

    def keep_asking() -> None:
        while not stop.is_set():
            answers.append(int(other.ask(b"0").body))

    asking = threading.Thread(target=keep_asking)
    asking.start()
    os.kill(pids[1], signal.SIGKILL)
    assert victim.receive() is None
    until(lambda: pids[1] not in replica.worker_pids and len(replica.worker_pids) == 2)
    assert int(replica.peer(1).ask(b"0").body) in set(replica.worker_pids) - set(pids)
    stop.set()
    asking.join()
    assert set(answers) == {pids[0]}
    assert replica.state.workers[1].restarts == 1


def test_a_worker_that_keeps_dying_does_not_take_the_replica_along(ready: Any, until: Any) -> None:
    replica = ready(predict="os._exit(9) if data else None\nreturn 1", workers=1)
    for _ in range(4):
        peer = replica.peer()
        peer.send(b"1")
        while peer.receive() is not None:
            pass
    assert replica.peer().ask(b"0").body == b"1"
    assert replica.state.state == "READY"
    assert "exit status 9" in replica.log


SQUEEZED = """
import os
import resource
import threading
import time

def follow(file):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    while True:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3 if os.path.exists(file) else soft, hard))
        time.sleep(0.01)

def load_model():
    threading.Thread(target=follow, args=({file!r},), daemon=True).start()

def predict(data):
    return os.getpid()
"""


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limits of another process cannot be read here")
def test_a_replica_without_a_descriptor_left_serves_on_and_has_all_its_workers_again(
    ready: Any, until: Any, folder: Any
) -> None:
    replica = ready(SQUEEZED.format(file=str(folder / "squeeze")))
    other, victim = replica.peer(0), replica.peer(1)
    pids = [int(other.ask(b"0").body), int(victim.ask(b"0").body)]
    (folder / "squeeze").touch()
    until(lambda: _limit_of(replica.process.pid) == 3)
    os.kill(pids[1], signal.SIGKILL)
    until(lambda: "no worker could be started" in replica.log)
    assert int(other.ask(b"0").body) == pids[0]
    (folder / "squeeze").unlink()
    until(lambda: len(set(replica.worker_pids) - {pids[1]}) == 2)
    assert int(replica.peer(1).ask(b"0").body) not in pids


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limits of another process cannot be read here")
def test_a_replica_that_cannot_tell_its_state_drains_all_the_same(ready: Any, until: Any, folder: Any) -> None:
    replica = ready(SQUEEZED.format(file=str(folder / "squeeze")), workers=1)
    peer = replica.peer()
    pid = int(peer.ask(b"0").body)
    (folder / "squeeze").touch()
    until(lambda: _limit_of(replica.process.pid) == 3)
    replica.process.terminate()
    while peer.receive().kind != frames.DRAIN:
        pass
    assert int(peer.ask(b"0").body) == pid
    peer.sock.close()
    assert replica.process.wait(10) == 0


def _limit_of(pid: int) -> int:
    """Return how many descriptors a process may have."""
    return resource.prlimit(pid, resource.RLIMIT_NOFILE)[0]


def test_draining_answers_what_was_asked_and_takes_no_more(ready: Any, until: Any, folder: Any) -> None:
    replica = ready(predict=SLOW, workers=1)
    peer = replica.peer()
    marks = {"mark": str(folder / "mark"), "go": str(folder / "go")}
    peer.send(json.dumps(marks).encode(), id=1)
    peer.send(json.dumps(marks).encode(), id=2)
    until((folder / "mark").exists)
    replica.process.terminate()
    replica.reaches("DRAINING")
    until(lambda: not os.path.exists(replica.spec.sockets[0]))
    (folder / "go").touch()
    kinds: list[int] = []
    while len([kind for kind in kinds if kind == frames.ANSWER]) < 2 or frames.DRAIN not in kinds:
        kinds.append(peer.receive().kind)
    peer.sock.close()
    assert replica.process.wait(10) == 0
    assert replica.state.state == "STOPPED"
    assert not replica.alive


def test_draining_ends_at_its_timeout_though_peers_stay(ready: Any) -> None:
    replica = ready(drain_timeout=0.2)
    peer = replica.peer()
    assert peer.receive().kind == frames.HELLO
    replica.process.terminate()
    assert replica.process.wait(10) == 0
    assert replica.state.state == "STOPPED"


def test_workers_of_a_killed_server_drain_and_end(ready: Any, until: Any, running: Any) -> None:
    replica = ready(predict=PID)
    peers = [replica.peer(0), replica.peer(1)]
    pids = [int(peer.ask(b"0").body) for peer in peers]
    replica.process.kill()
    replica.process.wait()
    for peer in peers:
        assert peer.receive().kind == frames.DRAIN
        assert peer.ask(b"0").number == 200
        peer.sock.close()
    until(lambda: not any(map(running, pids)))
    assert not replica.alive
    assert replica.observed.state == "DIED"


def test_a_hung_prediction_is_killed_and_its_place_taken(ready: Any, until: Any) -> None:
    replica = ready(predict="while data:\n    time.sleep(1)\nreturn 1", workers=1, predict_timeout=0.2)
    peer = replica.peer()
    peer.send(b"1")
    assert peer.receive().kind == frames.HELLO
    assert peer.receive() is None
    assert replica.peer().ask(b"0").body == b"1"
    assert "score.py" in replica.log  # where it hung
    assert "took over 0.2 seconds" in replica.log


def test_connections_of_one_worker_take_turns(ready: Any) -> None:
    replica = ready(workers=1)
    greedy, modest = replica.peer(), replica.peer()
    for number in range(200):
        greedy.send(b"1", id=number)
    assert modest.ask(b"2").body == b"2"
    for _ in range(200):
        greedy.answer()


def test_a_peer_that_speaks_nonsense_is_dropped_alone(ready: Any) -> None:
    replica = ready(workers=1)
    bad, good = replica.peer(), replica.peer()
    bad.sock.sendall(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
    assert bad.receive().kind == frames.HELLO
    assert bad.receive() is None
    assert good.ask(b"1").body == b"1"


def test_a_replica_with_an_owner_ends_with_it(start: Any, folder: Any) -> None:
    replica = start(stop_with_stdin=True)  # its standard input is at its end from the start
    assert replica.process.wait(20) == 0
    assert replica.state.state == "STOPPED"


def test_workers_share_one_copy_of_the_model(ready: Any) -> None:
    replica = ready(OWN_PID_AT_LOAD.format(result="OWNER"))
    assert {replica.peer(index).ask(b"0").body for index in range(2)} == {b"%d" % replica.process.pid}


def test_each_worker_loads_its_own_where_copies_are_not_shared(ready: Any) -> None:
    replica = ready(OWN_PID_AT_LOAD.format(result="OWNER == os.getpid()"), share_memory=False)
    assert [replica.peer(index).ask(b"0").body for index in range(2)] == [b"true", b"true"]


def test_where_forked_copies_die_each_worker_loads_its_own(ready: Any) -> None:
    score = """
import os
from typing import Any

LOADED_IN = None

def load_model():
    global LOADED_IN
    LOADED_IN = os.getpid()
    os.register_at_fork(after_in_child=lambda: os._exit(7))

def predict(data):
    return LOADED_IN == os.getpid()
"""
    replica = ready(score)
    assert replica.peer().ask(b"0").body == b"true"
    assert "each loads its own" in replica.log
    assert replica.alive


def test_two_servers_cannot_have_one_state_file(ready: Any) -> None:
    replica = ready()
    command = [sys.executable, str(SERVER), str(replica.folder / "spec.json")]
    second = subprocess.run(command, capture_output=True, timeout=30)
    assert second.returncode != 0
    assert replica.peer().ask(b"1").body == b"1"
