"""The protocol between gateway and worker."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.serving import frames

any_frame = st.builds(
    frames.Frame,
    kind=st.sampled_from([frames.HELLO, frames.PREDICT, frames.PING, frames.ANSWER, frames.DRAIN]),
    id=st.integers(0, 2**32 - 1),
    number=st.integers(0, 2**64 - 1),
    content_type=st.binary(max_size=40),
    body=st.binary(max_size=400),
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


@given(st.lists(any_frame, max_size=8), st.lists(st.integers(0, 10**6), max_size=12))
def test_frames_survive_any_cut_of_the_stream(sent: list[frames.Frame], places: list[int]) -> None:
    decoder = frames.Decoder()
    got = []
    for piece in cut(b"".join(map(frames.encode, sent)), places):
        got += decoder.feed(piece)
    assert got == sent
    assert decoder.missing == 0


@given(any_frame)
def test_a_frame_that_comes_byte_by_byte_is_whole(sent: frames.Frame) -> None:
    decoder = frames.Decoder()
    got = [frame for byte in frames.encode(sent) for frame in decoder.feed(bytes([byte]))]
    assert got == [sent]


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_whatever_comes_there_is_no_error_but_frame_error(pieces: list[bytes]) -> None:
    decoder = frames.Decoder()
    try:
        for piece in pieces:
            decoder.feed(piece)
    except frames.FrameError:
        pass


def test_a_body_knows_how_much_of_it_is_missing() -> None:
    decoder = frames.Decoder()
    data = frames.encode(frames.Frame(frames.ANSWER, body=b"x" * 1000))
    assert decoder.feed(data[:100]) == []
    assert decoder.missing == len(data) - 100
    assert decoder.feed(data[100:])[0].body == b"x" * 1000


def test_a_length_over_the_limit_is_refused_before_anything_is_kept() -> None:
    head = frames.encode_head(frames.PREDICT, size=frames.LONGEST_PAYLOAD)
    forged = b"\xff\xff\xff\xff" + head[4:]
    with pytest.raises(frames.FrameError):
        frames.Decoder().feed(forged)
    with pytest.raises(frames.FrameError, match="limit"):
        frames.encode_head(frames.PREDICT, size=frames.LONGEST_PAYLOAD + 1)


def test_a_content_type_longer_than_its_frame_is_refused() -> None:
    data = bytearray(frames.encode(frames.Frame(frames.PREDICT, content_type=b"abc")))
    data[3] = 1
    with pytest.raises(frames.FrameError):
        frames.Decoder().feed(bytes(data))
