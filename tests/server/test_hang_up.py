"""A terminal that is closed under a supervisor, and one whose words nobody reads any more."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

from modelyard.server import running

_IN_A_TERMINAL = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'modelyard', 'up'])\n"
)


def test_a_supervisor_whose_terminal_is_closed_stops_gateway_and_service(yard: Any) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _IN_A_TERMINAL],
        env={**yard.environ, "MODELYARD_PORT": "0"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    while b"modelyard is ready" not in said:
        said += os.read(ours, 1000)
    assert len(yard.processes()) == 2
    os.close(ours)
    process.wait(30)
    assert yard.processes() == []


def test_two_hang_ups_are_no_reason_to_drop_requests_under_way(up: Any, wait_until: Any) -> None:
    address = urlsplit(up.endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=30) as client:
        client.sendall(b"GET /20190101/projects HTTP/1.1\r\n")
        up.started[0].send_signal(signal.SIGHUP)
        wait_until(lambda: running.find_running(up.settings).state == running.STOPPING)
        up.started[0].send_signal(signal.SIGHUP)
        client.sendall(b"host: x\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 401 ")
    assert up.started[0].wait(30) == 0
    assert up.processes() == []


def test_a_supervisor_under_nohup_goes_on_when_its_terminal_is_closed(yard: Any, answers: Any, wait_until: Any) -> None:
    process = subprocess.Popen(
        ["nohup", sys.executable, "-m", "modelyard", "up"],
        env={**yard.environ, "MODELYARD_PORT": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yard.started.append(process)
    wait_until(lambda: "ready" in yard.run("status").stdout, what="a supervisor that is ready")
    process.send_signal(signal.SIGHUP)
    assert answers(yard.endpoint)
    assert process.poll() is None


def test_a_supervisor_whose_words_nobody_reads_goes_on_when_a_process_dies(
    up: Any, wait_until: Any, answers: Any
) -> None:
    before = up.pid("service")
    up.started[0].stderr.close()
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: up.pid("service") not in {None, before}, what="another service")
    wait_until(lambda: answers(up.endpoint), what="an answer")
    assert up.started[0].poll() is None
