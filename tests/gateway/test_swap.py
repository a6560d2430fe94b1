"""Routes that change, workers that die and gateways that are replaced, all under load."""

from __future__ import annotations

import os
import signal
import socket
from typing import Any


def test_twenty_swaps_under_load_fail_nothing(yard: Any, until: Any) -> None:
    current = yard.replica("return 'v0'")
    yard.route(current)
    gateway = yard.gateway()
    traffic = yard.traffic(gateway)
    for number in range(1, 21):
        successor = yard.replica(f"return 'v{number}'")
        yard.route(successor)
        until(lambda number=number: traffic.answers and traffic.answers[-1] == b'"v%d"' % number)
        yard.stop_replica(current)
        current = successor
    traffic.stop()
    assert traffic.failures == []
    assert {b'"v%d"' % number for number in range(21)} <= set(traffic.answers)


def test_a_replica_that_drains_before_it_is_taken_off_the_routes_fails_nothing(yard: Any, until: Any) -> None:
    first, second = yard.replica(), yard.replica()
    yard.route(first, second)
    traffic = yard.traffic(yard.gateway())
    until(lambda: len(traffic.answers) > 200)
    yard.stop_replica(first)
    seen = len(traffic.answers)
    until(lambda: len(traffic.answers) > seen + 500)
    yard.route(second)
    traffic.stop()
    assert traffic.failures == []


def test_killed_workers_fail_at_most_what_they_held(yard: Any, until: Any) -> None:
    replica = yard.replica()
    yard.route(replica)
    traffic = yard.traffic(yard.gateway())
    for _ in range(5):
        seen = len(traffic.answers)
        until(lambda seen=seen: len(traffic.answers) > seen + 100)
        pids = yard.pids(replica)
        os.kill(pids[0], signal.SIGKILL)
        until(lambda pids=pids: len(yard.pids(replica)) == 2 and pids[0] not in yard.pids(replica))
    traffic.stop()
    assert len(traffic.failures) <= 5
    assert all("worker that held this request" in failure for failure in traffic.failures)


def test_gateways_that_share_a_socket_are_replaced_without_a_failure(yard: Any, until: Any) -> None:
    yard.route(yard.replica())
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        gateways = [yard.gateway(listener=listener) for _ in range(2)]
        traffic = yard.traffic(gateways[0])
        for _ in range(3):
            seen = len(traffic.answers)
            until(lambda seen=seen: len(traffic.answers) > seen + 200)
            oldest = gateways.pop(0)
            gateways.append(yard.gateway(listener=listener))
            oldest.process.terminate()
            assert oldest.process.wait(20) == 0
        traffic.stop()
    assert traffic.failures == []


def test_a_gateway_told_to_stop_answers_what_is_in_flight(yard: Any, until: Any) -> None:
    mark, go = yard.settings.home / "mark", yard.settings.home / "go"
    yard.route(
        yard.replica(
            f"open({str(mark)!r}, 'w').close()\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)\nreturn 1"
        )
    )
    gateway = yard.gateway()
    wire = gateway.wire().send(gateway.request())
    until(mark.exists)
    gateway.process.terminate()
    until(lambda: _refused(gateway.port))
    go.touch()
    reply = wire.reply()
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert gateway.process.wait(10) == 0


def _refused(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0
