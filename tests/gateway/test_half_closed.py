"""Clients that end what they send and read on, as HTTP allows them to."""

from __future__ import annotations

import json
import socket
from typing import Any

_RELAYED = b"GET /20190101/models HTTP/1.1\r\nhost: x\r\n\r\n"


def _end(wire: Any) -> Any:
    wire.sock.shutdown(socket.SHUT_WR)
    return wire


def test_a_client_that_ends_what_it_sends_gets_its_prediction(yard: Any) -> None:
    yard.route(yard.replica("time.sleep(0.3)\nreturn data"))
    gateway = yard.gateway()
    wire = _end(gateway.wire().send(gateway.request(b"[1]")))
    reply = wire.reply()
    assert (reply.status, reply.body, reply.headers["connection"]) == (200, b"[1]", "close")
    assert wire.ended()


def test_it_gets_the_answer_of_the_service_too(yard: Any) -> None:
    yard.service(
        "import asyncio\n"
        "async def app(scope, receive, send):\n"
        "    await asyncio.sleep(0.3)\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'2')]})\n"
        "    await send({'type': 'http.response.body', 'body': b'ok'})\n"
    )
    yard.route()
    wire = _end(yard.gateway().wire().send(_RELAYED))
    assert wire.reply().body == b"ok"
    assert wire.ended()


def test_it_gets_every_answer_of_a_pipeline(yard: Any) -> None:
    yard.route(yard.replica("time.sleep(0.01)\nreturn data"))
    gateway = yard.gateway()
    requests = b"".join(gateway.request(b"[%d]" % number) + _RELAYED for number in range(20))
    wire = _end(gateway.wire().send(requests))
    for number in range(20):
        assert wire.reply().body == b"[%d]" % number
        assert wire.reply().status == 503
    assert wire.ended()


def test_the_whole_requests_before_half_a_one_are_answered(yard: Any) -> None:
    yard.route(yard.replica("time.sleep(0.3)\nreturn data"))
    gateway = yard.gateway()
    wire = _end(gateway.wire().send(gateway.request(b"[1]") + b"POST / HT"))
    assert wire.reply().body == b"[1]"
    assert wire.ended()


def test_half_a_request_is_no_request(yard: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway()
    assert _end(gateway.wire().send(gateway.request(b"[1]")[:-1])).ended()
    assert _end(gateway.wire()).ended()


def test_what_waits_for_a_worker_when_its_client_ends_is_told_so_and_never_run(yard: Any, until: Any) -> None:
    """Most such clients have gone, and a queue of what nobody waits for would hold up those who do."""
    release, seen = yard.settings.home / "release", yard.settings.home / "seen"
    yard.route(
        yard.replica(
            f"open({str(seen)!r}, 'a').write(f'{{data}}\\n')\n"
            f"while not os.path.exists({str(release)!r}):\n    time.sleep(0.01)\nreturn data",
            workers=1,
        )
    )
    gateway = yard.gateway()
    first = gateway.wire().send(gateway.request(b"[1]"))
    until(lambda: seen.exists() and seen.read_text())
    reply = _end(gateway.wire().send(gateway.request(b"[2]"))).reply()
    assert reply.status == 503
    assert "ended its side" in json.loads(reply.body)["message"]
    third = gateway.wire().send(gateway.request(b"[3]"))
    release.touch()
    assert [first.reply().body, third.reply().body] == [b"[1]", b"[3]"]
    assert seen.read_text() == "[1]\n[3]\n"
