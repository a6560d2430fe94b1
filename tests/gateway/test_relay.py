"""Requests that are not predictions: streamed to the service and back."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
from typing import Any

import pytest

MEGABYTE = 1 << 20

APP = """
import asyncio
import hashlib
import json


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    path = scope["path"]

    async def answer(status, body=b"", headers=()):
        named = [(b"content-length", b"%d" % len(body)), *headers] if status not in (204, 304) else [*headers]
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": body})

    if path == "/upload":
        digest, size = hashlib.sha256(), 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                open(scope["query_string"].decode() or "/dev/null", "w").close()
                return
            digest.update(message.get("body", b""))
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        await answer(200, f"{size} {digest.hexdigest()}".encode())
    elif path == "/download":
        size = int(scope["query_string"])
        headers = [(b"content-length", b"%d" % size)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for _ in range(size >> 20):
            await send({"type": "http.response.body", "body": b"x" * (1 << 20), "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    elif path == "/chunks":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1"), (b"x-a", b"2")]})
        for number in range(3):
            await send({"type": "http.response.body", "body": b"%d" % number, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    elif path == "/hang":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await asyncio.sleep(60)
    elif path == "/status":
        await answer(int(scope["query_string"]))
    elif path == "/refuse":
        await answer(409, b"no")
    else:
        seen = {
            "method": scope["method"],
            "target": scope["raw_path"].decode() + "?" + scope["query_string"].decode(),
            "headers": [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]],
        }
        await answer(200, json.dumps(seen).encode(), [(b"content-type", b"application/json")])
"""


@pytest.fixture
def gateway(yard: Any) -> Any:
    yard.service(APP)
    return yard.gateway()


def test_path_query_and_headers_arrive_as_sent(gateway: Any) -> None:
    target = "/n/a%2Fb/o/..%2f%41?x=%20&y"
    response, body = gateway.get(target, headers={"X-Signed": "as it is", "Host": "else.where:1"})
    seen = json.loads(body)
    assert seen["target"] == target
    headers = dict(seen["headers"])
    assert (headers["x-signed"], headers["host"]) == ("as it is", "else.where:1")
    assert response.status == 200


def test_a_connection_is_kept_over_many_relayed_requests(gateway: Any) -> None:
    wire = gateway.wire()
    for number in range(20):
        wire.send(b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n" % number)
        assert "connection" not in wire.reply().headers


def test_head_204_304_and_chunks_keep_their_framing(gateway: Any) -> None:
    wire = gateway.wire()
    wire.send(b"HEAD /download?1048576 HTTP/1.1\r\nhost: x\r\n\r\n")
    assert wire.reply("HEAD").headers["content-length"] == "1048576"
    for status in (204, 304):
        wire.send(b"GET /status?%d HTTP/1.1\r\nhost: x\r\n\r\n" % status)
        assert wire.reply().status == status
    wire.send(b"GET /chunks HTTP/1.1\r\nhost: x\r\n\r\n")
    reply = wire.reply()
    assert (reply.body, reply.headers["transfer-encoding"]) == (b"012", "chunked")
    wire.send(b"GET /chunks HTTP/1.0\r\nhost: x\r\n\r\n")
    reply = wire.reply()
    assert (reply.body, "transfer-encoding" in reply.headers) == (b"012", False)


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_of_200_mb_streams_in_little_memory(gateway: Any, chunked: bool) -> None:
    before = gateway.memory
    piece, count = os.urandom(MEGABYTE), 200
    wire = gateway.wire()
    length = b"transfer-encoding: chunked" if chunked else b"content-length: %d" % (count * MEGABYTE)
    wire.send(b"POST /upload HTTP/1.1\r\nhost: x\r\n%b\r\n\r\n" % length)
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(piece)
        wire.send(b"%x\r\n%b\r\n" % (MEGABYTE, piece) if chunked else piece)
    reply = wire.send(b"0\r\n\r\n" if chunked else b"").reply()
    assert reply.body.decode() == f"{count * MEGABYTE} {digest.hexdigest()}"
    assert gateway.memory - before < 20 * MEGABYTE


def test_a_download_of_200_mb_waits_for_a_slow_client_in_little_memory(gateway: Any) -> None:
    before = gateway.memory
    wire = gateway.wire().send(b"GET /download?%d HTTP/1.1\r\nhost: x\r\n\r\n" % (200 * MEGABYTE))
    assert len(wire.reply().body) == 200 * MEGABYTE
    assert gateway.memory - before < 20 * MEGABYTE


def test_an_upload_that_is_refused_early_gets_its_answer(gateway: Any) -> None:
    for _ in range(20):
        wire = gateway.wire().send(b"POST /refuse HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (50 * MEGABYTE))
        sender = threading.Thread(target=_send_until_cut, args=(wire, 50))
        sender.start()
        reply = wire.reply()
        assert (reply.status, reply.body, reply.headers["connection"]) == (409, b"no", "close")
        wire.sock.shutdown(2)
        sender.join()


def _send_until_cut(wire: Any, megabytes: int) -> None:
    try:
        for _ in range(megabytes):
            wire.send(b"x" * MEGABYTE)
    except OSError:
        pass


def test_a_client_that_leaves_mid_upload_is_noticed_by_the_service(gateway: Any, yard: Any, until: Any) -> None:
    mark = yard.settings.home / "gone"
    wire = gateway.wire()
    wire.send(b"POST /upload?%b HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf" % str(mark).encode())
    assert gateway.get("/")[0].status == 200
    wire.sock.shutdown(2)
    until(mark.exists)


def test_without_a_service_there_is_503_and_predictions_go_on(yard: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway()
    wire = gateway.wire().send(b"GET /20190101/models HTTP/1.1\r\nhost: x\r\nopc-request-id: MINE\r\n\r\n")
    reply = wire.reply()
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "ServiceUnavailable", "1")
    assert reply.headers["opc-request-id"].startswith("MINE/")
    assert wire.send(gateway.request()).reply().status == 200


def test_a_service_killed_mid_answer_cuts_the_client_off(yard: Any) -> None:
    service = yard.service(APP)
    gateway = yard.gateway()
    wire = gateway.wire().send(b"GET /hang HTTP/1.1\r\nhost: x\r\n\r\n")
    received = b""
    while b"half" not in received:
        received += wire.sock.recv(1000)
    os.killpg(service.pid, signal.SIGKILL)
    assert wire.ended()
    assert gateway.get("/")[0].status == 503


def test_the_interim_answer_comes_from_the_service(gateway: Any) -> None:
    wire = gateway.wire()
    wire.send(b"PUT /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n")
    assert wire.sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert wire.send(b"body").reply().body.startswith(b"4 ")
