"""Predict requests at a real gateway, answered by a real replica."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from modelyard.gateway.door import Door
from modelyard.resources.routes import Routes
from modelyard.serving import frames
from modelyard.settings import Settings

UNKNOWN = "ocid1.datasciencemodeldeployment.oc98.local-1.bbbb"
SLOW = "while data and not os.path.exists(data):\n    time.sleep(0.005)\nreturn 'done'"


def test_a_signed_request_is_predicted_and_the_answer_says_what_made_it(yard: Any) -> None:
    yard.route(yard.replica("return {'got': data}"))
    reply = yard.gateway().predict(b'{"a": 1}', headers={"opc-request-id": "MINE"})
    assert (reply.status, json.loads(reply.body)) == (200, {"got": {"a": 1}})
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-version"] == "v1"
    assert reply.headers["opc-request-id"].startswith("MINE/")


def test_request_ids_are_distinct(yard: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway()
    assert len({gateway.predict().headers["opc-request-id"] for _ in range(5)}) == 5


def test_unsigned_mis_signed_stale_and_changed_requests_are_401(yard: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway()
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    bad = {
        "not signed": gateway.request(signed=False),
        "does not fit": gateway.request(key=stranger),
        "five minutes": gateway.request(now=time.time() - 301),
        "not the one that was signed": gateway.request(b"[2]", sign_body=b"[1]"),
        "content-length": gateway.request(b"[22]", sign_body=b"[1]"),
        "is not known here": gateway.request(headers={"authorization": _other_key_id(gateway)}),
    }
    for words, request in bad.items():
        reply = gateway.wire().send(request).reply()
        assert (reply.status, reply.code) == (401, "NotAuthenticated")
        assert words in reply.message or words == "content-length"


def _other_key_id(gateway: Any) -> str:
    head = gateway.request().partition(b"\r\n\r\n")[0].decode()
    line = next(line for line in head.split("\r\n") if line.startswith("authorization:"))
    return str(line.partition(": ")[2].replace("tenancy/", "stranger/"))


def test_signatures_can_be_switched_off_for_measurements(yard: Any) -> None:
    yard.route(yard.replica())
    assert yard.gateway(MODELYARD_VERIFY_SIGNATURES="0").predict(signed=False).status == 200


def test_an_unknown_deployment_is_404_only_for_who_signs(yard: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway()
    assert gateway.predict(ocid=UNKNOWN).code == "NotAuthorizedOrNotFound"
    assert gateway.predict(ocid=UNKNOWN, signed=False).status == 401


def test_a_deployment_is_known_as_soon_as_it_is_routed(yard: Any, until: Any) -> None:
    replica = yard.replica()
    yard.route()
    gateway = yard.gateway()
    for _ in range(10):
        yard.route(ocid=UNKNOWN)
        until(lambda: gateway.predict().status == 404)
        yard.route(replica)
        assert gateway.predict().status == 200


def test_routes_that_are_broken_or_gone_leave_the_last_good_ones(yard: Any, until: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway()
    yard.settings.routes_file.write_text("{")
    until(lambda: "going on with the last ones" in (yard.settings.home / "gateway0.log").read_text())
    assert gateway.predict().status == 200
    yard.settings.routes_file.unlink()
    assert gateway.predict().status == 200


def test_a_key_that_is_none_does_not_keep_deployments_from_being_followed(yard: Any, until: Any) -> None:
    yard.route(state="INACTIVE")
    gateway = yard.gateway()
    routes = msgspec.json.decode(yard.settings.routes_file.read_bytes(), type=Routes)
    routes = msgspec.structs.replace(routes, keys={**routes.keys, "a/b/c": "no key"})
    yard.settings.routes_file.with_suffix(".new").write_bytes(msgspec.json.encode(routes))
    yard.settings.routes_file.with_suffix(".new").replace(yard.settings.routes_file)
    until(lambda: "a key that is none" in (yard.settings.home / "gateway0.log").read_text())
    assert gateway.predict().status == 409
    yard.route(yard.replica())
    assert gateway.predict().status == 200


@pytest.mark.parametrize("state", ["INACTIVE", "FAILED", "DELETING", "DELETED"])
def test_a_state_that_lasts_is_a_conflict_that_says_what_to_do(yard: Any, state: str) -> None:
    yard.route(state=state)
    reply = yard.gateway().predict()
    assert (reply.status, reply.code) == (409, "Conflict")
    assert state in reply.message


@pytest.mark.parametrize("state", ["CREATING", "UPDATING"])
def test_a_state_that_passes_is_503_with_retry_after(yard: Any, state: str) -> None:
    yard.route(state=state)
    reply = yard.gateway().predict()
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "ServiceUnavailable", "1")


def test_requests_wait_for_a_replica_that_is_about_to_be_there(yard: Any, until: Any) -> None:
    replica = yard.replica(ready=False)
    yard.route(replica)
    assert yard.gateway().predict().status == 200


def test_other_methods_on_predict_are_405_and_streams_501(yard: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway()
    wire = gateway.wire()
    assert wire.send(gateway.request(method="PUT")).reply().code == "MethodNotAllowed"
    target = gateway.request().split(b" ")[1]
    assert wire.send(b"GET %b HTTP/1.1\r\nhost: x\r\n\r\n" % target).reply().status == 405
    assert wire.send(gateway.request(action="predictWithResponseStream")).reply().status == 501


def test_the_models_faults_pass_through(yard: Any) -> None:
    yard.route(yard.replica("return 1 / data"))
    gateway = yard.gateway()
    bad = gateway.predict(b"{")
    assert (bad.status, bad.code) == (400, "CannotParseRequest")
    failed = gateway.predict(b"0")
    assert (failed.status, failed.code) == (500, "PredictionFailed")
    assert "ZeroDivisionError: division by zero (score.py, line" in failed.message
    assert gateway.predict(b"2").body == b"0.5"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_413_however_it_comes(yard: Any, chunked: bool) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway(MODELYARD_PREDICT_LIMIT="1000000")
    body = b'"' + b"x" * 3_000_000 + b'"'
    wire = gateway.wire()
    if chunked:
        head = gateway.request(b"").replace(b"content-length: 0", b"transfer-encoding: chunked")
        wire.send(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    else:
        wire.send(gateway.request(body))
    reply = wire.reply()
    assert (reply.status, reply.code) == (413, "PayloadTooLarge")
    assert "1000000" in reply.message
    assert wire.ended()


def test_a_body_at_the_limit_is_predicted(yard: Any) -> None:
    yard.route(yard.replica("return len(data)"))
    gateway = yard.gateway(MODELYARD_PREDICT_LIMIT="1000000")
    assert gateway.predict(b'"' + b"x" * 999_998 + b'"').body == b"999998"


@pytest.mark.parametrize("letter", ["x", "é", "😀"])
def test_a_content_type_of_any_length_costs_no_worker(yard: Any, letter: str) -> None:
    yard.route(yard.replica("return len(data)", workers=1))
    gateway = yard.gateway(MODELYARD_VERIFY_SIGNATURES="0")
    wire = gateway.wire()
    for _ in range(3):
        assert wire.send(gateway.request(b"[1]", headers={"content-type": letter * 1000})).reply().body == b"3"
    assert wire.send(gateway.request(b"[1, 2]")).reply().body == b"2"


def test_no_more_is_taken_than_a_worker_can_be_given(tmp_path: Path) -> None:
    limit = Door(Settings(home=tmp_path, predict_limit=1 << 40)).predictions.limit
    frames.encode_head(frames.PREDICT, content_type=b"x" * frames.LONGEST_CONTENT_TYPE, size=limit)


def test_a_chunked_body_is_predicted_where_signatures_are_off(yard: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway(MODELYARD_VERIFY_SIGNATURES="0")
    head = gateway.request(b"", signed=False).replace(b"content-length: 0", b"transfer-encoding: chunked")
    assert gateway.wire().send(head + b"2\r\n[1\r\n1\r\n]\r\n0\r\nx-trailer: 1\r\n\r\n").reply().body == b"[1]"


def test_a_request_without_a_length_is_411(yard: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway()
    reply = gateway.wire().send(gateway.request(b"").replace(b"content-length: 0\r\n", b"")).reply()
    assert (reply.status, reply.code) == (411, "LengthRequired")


def test_a_prediction_that_takes_too_long_is_504_and_its_worker_is_replaced(yard: Any) -> None:
    yard.route(yard.replica(SLOW, workers=1, predict_timeout=0.3))
    gateway = yard.gateway(MODELYARD_PREDICT_TIMEOUT="0.3")
    reply = gateway.predict(b'"/never"')
    assert (reply.status, reply.code) == (504, "GatewayTimeout")
    deadline = time.monotonic() + 15
    while gateway.predict(b'""').status != 200:
        assert time.monotonic() < deadline


def test_a_killed_worker_fails_the_request_it_held_and_no_other(yard: Any, until: Any) -> None:
    mark = yard.settings.home / "mark"
    replica = yard.replica(f"open({str(mark)!r}, 'w').close()\n" + SLOW, workers=1)
    yard.route(replica)
    gateway = yard.gateway()
    go = yard.settings.home / "go"
    held = gateway.wire().send(gateway.request(json.dumps(str(go)).encode()))
    queued = [gateway.wire().send(gateway.request(b'""')) for _ in range(5)]
    pid = yard.pids(replica)[0]
    until(mark.exists)
    os.kill(pid, signal.SIGKILL)
    reply = held.reply()
    assert (reply.status, reply.code) == (503, "ServiceUnavailable")
    assert "worker" in reply.message
    assert "retry-after" not in reply.headers  # what killed one may kill the next
    assert [wire.reply().body for wire in queued] == [b'"done"'] * 5


def test_requests_of_clients_that_left_are_not_predicted(yard: Any, until: Any) -> None:
    count = yard.settings.home / "count"
    replica = yard.replica(f"open({str(count)!r}, 'a').write('x')\n" + SLOW, workers=1)
    yard.route(replica)
    gateway = yard.gateway()
    go = yard.settings.home / "go"
    held = gateway.wire().send(gateway.request(json.dumps(str(go)).encode()))
    until(count.exists)
    for _ in range(5):
        gateway.wire().send(gateway.request(b'""')).sock.shutdown(socket.SHUT_RDWR)
    last = gateway.wire().send(gateway.request(b'""'))
    gateway_is_idle = gateway.get("/")[0].status  # answered behind the ends of the five
    assert gateway_is_idle == 503
    go.touch()
    assert held.reply().status == last.reply().status == 200
    assert count.read_text() == "xx"
