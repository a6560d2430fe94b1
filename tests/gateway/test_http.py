"""HTTP as nobody should speak it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.gateway.heads import origin_form


@pytest.fixture
def gateway(yard: Any) -> Any:
    yard.route(yard.replica())
    return yard.gateway()


def test_a_request_that_comes_byte_by_byte_is_answered(gateway: Any) -> None:
    wire = gateway.wire()
    for byte in gateway.request(b"[1, 2]"):
        wire.send(bytes([byte]))
    assert wire.reply().body == b"[1,2]"


def test_pipelined_requests_are_answered_in_order(gateway: Any) -> None:
    wire = gateway.wire()
    wire.send(b"".join(gateway.request(b"[%d]" % number) for number in range(50)))
    assert [wire.reply().body for _ in range(50)] == [b"[%d]" % number for number in range(50)]


def test_predictions_and_relayed_requests_keep_their_order_in_a_pipeline(gateway: Any) -> None:
    wire = gateway.wire()
    elsewhere = b"GET /20190101/models HTTP/1.1\r\nhost: x\r\n\r\n"
    wire.send(gateway.request(b"[1]") + elsewhere + gateway.request(b"[2]") + elsewhere)
    assert [wire.reply().status for _ in range(4)] == [200, 503, 200, 503]


def test_a_client_may_wait_to_be_told_to_send_its_body(gateway: Any) -> None:
    request = gateway.request(b"[1]", headers={"expect": "100-continue"})
    wire = gateway.wire().send(request[:-3])
    assert wire.sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert wire.send(b"[1]").reply().body == b"[1]"


@pytest.mark.parametrize(
    "garbage",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nname : value\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nHost: y\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_not_http_is_400_and_the_end(gateway: Any, garbage: bytes) -> None:
    wire = gateway.wire().send(garbage)
    reply = wire.reply()
    assert (reply.status, reply.code, reply.headers["connection"]) == (400, "CannotParseRequest", "close")
    assert wire.ended()


def test_garbage_behind_a_request_does_not_cost_the_request_its_answer(gateway: Any) -> None:
    wire = gateway.wire().send(gateway.request(b"[1]") + b"\x00garbage\r\n\r\n")
    assert wire.reply().body == b"[1]"
    assert wire.reply().status == 400
    assert wire.ended()


@pytest.mark.parametrize("endless", [True, False])
def test_a_huge_head_is_refused(gateway: Any, endless: bool) -> None:
    wire = gateway.wire()
    filler = b"".join(b"x-%d: %b\r\n" % (number, b"y" * 1000) for number in range(100))
    wire.send(b"GET / HTTP/1.1\r\nhost: x\r\n" + filler + (b"" if endless else b"\r\n"))
    reply = wire.reply()
    assert reply.status == 400
    assert "65536" in reply.message
    assert wire.ended()


def test_a_broken_chunk_ends_the_request(gateway: Any) -> None:
    head = gateway.request(b"").replace(b"content-length: 0", b"transfer-encoding: chunked")
    wire = gateway.wire().send(head + b"zz\r\n")
    assert wire.reply().status == 400
    assert wire.ended()


def test_an_upgrade_is_ignored_and_its_body_is_no_request(gateway: Any) -> None:
    wire = gateway.wire()
    offer = {"connection": "upgrade", "upgrade": "h2c"}
    body = b'"GET / HTTP/1.1\\r\\n\\r\\n"'
    for _ in range(2):
        request = gateway.request(body, headers=offer)
        wire.send(request[:-4]).send(request[-4:])
        assert wire.reply().body == body


def test_an_http_1_0_client_is_answered_and_closed(gateway: Any) -> None:
    wire = gateway.wire().send(gateway.request(b"[1]").replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert wire.reply().body == b"[1]"
    assert wire.ended()


def test_an_http_1_0_client_that_asks_for_it_keeps_its_connection_and_is_told_so(gateway: Any) -> None:
    request = gateway.request(b"[1]", headers={"connection": "keep-alive"}).replace(b"HTTP/1.1", b"HTTP/1.0")
    wire = gateway.wire()
    for _ in range(3):
        assert wire.send(request).reply().headers["connection"] == "keep-alive"


def test_an_http_1_0_client_is_told_nothing_in_between(gateway: Any) -> None:
    request = gateway.request(b"[1]", headers={"expect": "100-continue"}).replace(b"HTTP/1.1", b"HTTP/1.0")
    wire = gateway.wire().send(request[:-3]).send(b"[1]")
    assert wire.sock.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked, chunked", "x\r\ntransfer-encoding: chunked"])
def test_another_transfer_coding_is_refused_and_what_follows_is_no_request(gateway: Any, coding: str) -> None:
    head = f"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: {coding}\r\n\r\n"
    wire = gateway.wire().send(head.encode() + b"0\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert wire.reply().status in {400, 501}
    assert wire.ended()


def test_an_answer_to_head_has_no_body_and_the_next_is_whole(gateway: Any) -> None:
    wire = gateway.wire()
    for target in ("/20190101/models", f"/{gateway.request().split(b'/')[1].decode()}/predict"):
        head = f"HEAD {target} HTTP/1.1\r\nhost: x\r\n\r\n".encode()
        reply = wire.send(head + gateway.request(b"[1]")).reply("HEAD")
        assert reply.status in {405, 503}
        assert int(reply.headers["content-length"]) > 0
        assert wire.reply().body == b"[1]"


def test_a_client_that_takes_the_gateway_for_its_proxy_is_answered(gateway: Any) -> None:
    request = gateway.request(b"[1]").replace(b"POST /", f"POST http://{gateway.host}/".encode(), 1)
    assert gateway.wire().send(request).reply().body == b"[1]"


@given(st.binary(max_size=20).filter(lambda host: not {b"/", b"?"} & {host[i : i + 1] for i in range(len(host))}))
def test_a_target_loses_its_host_and_nothing_else(host: bytes) -> None:
    assert origin_form(b"http://" + host + b"/a//b?c=http://d/") == b"/a//b?c=http://d/"
    assert origin_form(b"HTTP://" + host + b"?a/b") == b"/?a/b"
    assert origin_form(b"http://" + host) == b"/"
    assert origin_form(b"/http://" + host) == b"/http://" + host


def test_a_client_that_asks_for_the_end_gets_it(gateway: Any) -> None:
    wire = gateway.wire().send(gateway.request(b"[1]", headers={"connection": "close"}))
    assert wire.reply().headers["connection"] == "close"
    assert wire.ended()


def test_headers_that_are_no_utf_8_do_no_harm(gateway: Any) -> None:
    request = gateway.request(b"[1]").replace(b"\r\n\r\n", b"\r\nopc-request-id: \xff\xfe\r\nx-empty:\r\n\r\n", 1)
    reply = gateway.wire().send(request).reply()
    assert reply.status == 200
    assert reply.headers["opc-request-id"].startswith("\xff\xfe/")


def test_a_gateway_that_is_to_stop_does_not_wait_for_a_connection_that_is_idle(gateway: Any, until: Any) -> None:
    wire = gateway.wire()
    assert wire.send(gateway.request(b"[1]")).reply().status == 200
    gateway.process.terminate()
    until(lambda: gateway.process.poll() is not None, seconds=15)
