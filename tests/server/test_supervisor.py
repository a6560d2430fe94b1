"""The supervisor with real processes: what dies comes back, who starts takes over, what stops leaves nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def test_a_service_that_is_killed_is_started_again(up: Any, wait_until: Any, answers: Any) -> None:
    before = up.pid("service")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: up.pid("service") not in {None, before}, what="another service")
    wait_until(lambda: answers(up.endpoint), what="an answer")


def test_connections_that_come_while_the_gateway_is_dead_are_answered_by_the_next_one(up: Any, wait_until: Any) -> None:
    before = up.pid("gateway")
    address = urlsplit(up.endpoint)
    os.kill(before, signal.SIGKILL)
    with socket.create_connection((address.hostname, address.port), timeout=30) as waiting:
        waiting.sendall(b"GET /20190101/projects HTTP/1.1\r\nhost: x\r\n\r\n")
        assert waiting.recv(100).startswith(b"HTTP/1.1 401 ")
    assert up.pid("gateway") not in {None, before}


def test_the_supervisor_says_what_died_and_how(up: Any, wait_until: Any) -> None:
    before = up.pid("service")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: up.pid("service") not in {None, before})
    up.started[0].terminate()
    _, said = up.started[0].communicate(timeout=30)
    assert f"service (pid {before}) was killed by SIGKILL; starting it again now." in said


def test_sigterm_stops_gateway_and_service(up: Any) -> None:
    up.started[0].terminate()
    assert up.started[0].wait(30) == 0
    assert up.processes() == []
    assert up.run("status").returncode == 3


def test_ctrl_c_stops_gateway_and_service(up: Any) -> None:
    up.started[0].send_signal(signal.SIGINT)
    assert up.started[0].wait(30) == 0
    assert up.processes() == []


def test_children_of_a_killed_supervisor_go_on_and_the_next_start_takes_over(
    up: Any, wait_until: Any, answers: Any
) -> None:
    endpoint, before = up.endpoint, {process.pid for process in up.processes()}
    up.started[0].kill()
    up.started[0].wait()
    assert answers(endpoint)
    up.start()
    assert up.endpoint == endpoint
    assert answers(endpoint)
    wait_until(lambda: not before & {process.pid for process in up.processes()}, what="the end of the old processes")
    assert sorted(process.name for process in up.processes()) == ["gateway", "service"]


def test_status_shows_what_a_killed_supervisor_left(up: Any) -> None:
    pid = up.pid("gateway")
    up.started[0].kill()
    up.started[0].wait()
    shown = up.run("status")
    assert shown.returncode == 3
    assert f"pid {pid}" in shown.stdout


def test_down_stops_what_a_killed_supervisor_left(up: Any) -> None:
    up.started[0].kill()
    up.started[0].wait()
    assert "Stopped: 2 processes" in up.run("down").stdout
    assert up.processes() == []


def test_a_second_start_says_who_runs_and_where(up: Any) -> None:
    second = up.run("up")
    assert second.returncode == 1
    assert f"modelyard already runs (pid {up.started[0].pid}) at {up.endpoint}, in {up.home}." in second.stderr
    assert "hint: " in second.stderr


def test_detaching_where_it_runs_says_so_and_is_no_error(up: Any) -> None:
    second = up.run("up", "--detach")
    assert second.returncode == 0
    assert "already runs" in second.stdout
    assert up.endpoint in second.stdout


def test_two_that_detach_at_once_get_one_supervisor(yard: Any) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "modelyard", "up", "--detach", "--output", "json"],
            env={**yard.environ, "MODELYARD_PORT": "0"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=90)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all(yard.endpoint in one for one in said)
    assert sorted(process.name for process in yard.processes()) == ["gateway", "service"]


def test_a_detached_start_outlives_its_starter_and_down_ends_it(yard: Any, answers: Any) -> None:
    assert yard.run("up", "--detach", MODELYARD_PORT="0").returncode == 0
    assert answers(yard.endpoint)
    assert "Stopped: 3 processes, 0 replicas." in yard.run("down").stdout
    assert yard.processes() == []
    assert "Nothing was running" in yard.run("down").stdout


def test_the_next_start_is_at_the_same_address(up: Any) -> None:
    endpoint = up.endpoint
    assert up.run("down").returncode == 0
    up.start()
    assert up.endpoint == endpoint


def test_an_asked_for_port_becomes_the_address_that_clients_know(up: Any) -> None:
    old = up.endpoint
    assert up.run("down").returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    up.start(MODELYARD_PORT=str(port))
    assert up.endpoint == f"http://127.0.0.1:{port}" != old
    assert f"MODELYARD_ENDPOINT=http://127.0.0.1:{port}" in up.run("env").stdout


def test_a_recorded_port_that_is_taken_is_an_error_that_says_what_to_do(up: Any) -> None:
    address = urlsplit(up.endpoint)
    assert up.run("down").returncode == 0
    with socket.create_server((address.hostname, address.port)):
        failed = up.run("up", "--detach")
    assert failed.returncode == 1
    assert f"Port {address.port} of 127.0.0.1 is taken by another program" in failed.stderr
    assert "MODELYARD_PORT=0 modelyard up" in failed.stderr


def test_a_service_that_cannot_start_is_told_with_the_end_of_its_log(yard: Any) -> None:
    (yard.home / "modelyard.db").write_bytes(b"no database at all, by any measure" * 100)
    failed = yard.run("up", "--detach", MODELYARD_PORT="0")
    assert failed.returncode == 1
    assert "The service ended 3 times before it answered." in failed.stderr
    assert "file is not a database" in failed.stderr
    assert "Traceback" not in failed.stderr.partition("The end of")[0]
    assert yard.processes() == []


def test_a_home_that_cannot_be_made_is_an_error_that_says_so(yard: Any) -> None:
    (yard.home / "file").write_text("")
    failed = yard.run("up", MODELYARD_HOME=str(yard.home / "file" / "home"))
    assert failed.returncode == 1
    assert "cannot be made" in failed.stderr
    assert "MODELYARD_HOME" in failed.stderr


def test_an_address_of_another_machine_is_an_error_that_says_so(yard: Any) -> None:
    failed = yard.run("up", MODELYARD_HOST="192.0.2.1", MODELYARD_PORT="0")
    assert failed.returncode == 1
    assert "Nothing can listen at 192.0.2.1:0" in failed.stderr


def test_deployed_models_outlive_ctrl_c_and_are_taken_over(up: Any, artifact: Path, wait_until: Any) -> None:
    assert up.run("model", "create", artifact, "--name", "double").returncode == 0
    assert up.run("deployment", "create", "--model", "double", "--name", "d").returncode == 0
    replicas = up.replica_pids()
    up.started[0].send_signal(signal.SIGINT)
    _, said = up.started[0].communicate(timeout=30)
    assert "Replicas of deployed models that still run: 1." in said
    assert up.replica_pids() == replicas
    up.start()
    wait_until(lambda: up.run("deployment", "predict", "d", "[1]").stdout == '{"prediction": [2]}\n')
    assert up.replica_pids() == replicas
    assert "Stopped: 3 processes, 0 replicas." in up.run("down", "--keep-replicas").stdout
    assert up.replica_pids() == replicas
    assert "Stopped: 0 processes, 1 replica." in up.run("down").stdout
    assert up.replica_pids() == []


def test_several_gateways_share_the_port(yard: Any, wait_until: Any, answers: Any) -> None:
    yard.start(MODELYARD_PORT="0", MODELYARD_GATEWAY_PROCESSES="2")
    gateways = [process for process in yard.processes() if process.name == "gateway"]
    assert len(gateways) == 2
    os.kill(gateways[0].pid, signal.SIGKILL)
    assert answers(yard.endpoint)
    wait_until(lambda: sum(process.name == "gateway" for process in yard.processes()) == 2)


def test_a_supervisor_that_cannot_write_down_how_it_is_counts_as_ready_when_it_answers(yard: Any, answers: Any) -> None:
    state = yard.settings.run / "supervisor.json"
    (state / "in the way").mkdir(parents=True)  # as a full disk is
    started = yard.run("up", "--detach", "--output", "json", MODELYARD_PORT="0")
    assert started.returncode == 0, started.stderr
    assert answers(json.loads(started.stdout)["endpoint"])
    shutil.rmtree(state)
    assert yard.run("down").returncode == 0
