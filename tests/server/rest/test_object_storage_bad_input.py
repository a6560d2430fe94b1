"""Object storage, asked wrongly: each with its status, a code that clients know, and a sentence."""

from __future__ import annotations

import json

import httpx
import pytest

EVERYTHING = [
    ("GET", "/n"), ("GET", "/n/x"), ("PUT", "/n/x"), ("GET", "/n/x/b"), ("POST", "/n/x/b"), ("GET", "/n/x/b/y"),
    ("POST", "/n/x/b/y"), ("DELETE", "/n/x/b/y"), ("GET", "/n/x/b/y/o"), ("PUT", "/n/x/b/y/o/z"),
    ("GET", "/n/x/b/y/o/z"), ("DELETE", "/n/x/b/y/o/z"), ("GET", "/n/x/b/y/objectversions"), ("POST", "/n/x/b/y/u"),
    ("GET", "/n/x/b/y/u"), ("PUT", "/n/x/b/y/u/z"), ("POST", "/n/x/b/y/u/z"), ("GET", "/n/x/b/y/u/z"),
    ("DELETE", "/n/x/b/y/u/z"), ("POST", "/n/x/b/y/p"), ("GET", "/n/x/b/y/p"), ("GET", "/n/x/b/y/p/z"),
    ("DELETE", "/n/x/b/y/p/z"), ("POST", "/n/x/b/y/actions/copyObject"), ("POST", "/n/x/b/y/actions/renameObject"),
    ("POST", "/n/x/b/y/actions/batchDeleteObjects"), ("GET", "/workRequests"), ("GET", "/workRequests/x"),
]  # fmt: skip


@pytest.fixture
def ask(api):
    """Give what sends a signed request below the root."""

    def send(method: str, path: str, body: object = None, *, signs_body: bool = True, **headers: str) -> httpx.Response:
        url = httpx.URL(f"http://yard.test{path}")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        has_body = method in {"POST", "PUT"}
        signed = api.signature(method, url, content if has_body and signs_body else None)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return api.send(method, url, content if has_body else None, signed | sent)

    return send


@pytest.fixture
def bucket(api, ask) -> str:
    """Make a bucket, and give its path."""
    namespace = ask("GET", "/n").json()
    made = ask("POST", f"/n/{namespace}/b", {"name": "b", "compartmentId": api.compartment_id})
    assert made.status_code == 200, made.text
    return f"/n/{namespace}/b/b"


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_an_unsigned_request_is_refused_everywhere(api, fault, method: str, path: str) -> None:
    fault(api.send(method, f"http://yard.test{path}", b"", {}), 401, "NotAuthenticated", "not signed")


@pytest.mark.parametrize("path", ["o/z", "o/", "o/z/y"])
def test_an_address_that_was_never_given_opens_nothing(api, fault, bucket: str, path: str) -> None:
    fault(api.send("GET", f"http://yard.test/p/token{bucket}/{path}", None, {}), 404, "NotAuthorizedOrNotFound")
    if path != "o/":
        answer = api.send("PUT", f"http://yard.test/p/token{bucket}/{path}", b"x", {})
        fault(answer, 404, "NotAuthorizedOrNotFound", "no such pre-authenticated request")


@pytest.mark.parametrize("path", ["/n/", "/n/x/", "/n/x/b/", "/n/x/b/y/z", "/workRequests/", "/p/x", "/N", "/"])
def test_an_unknown_path_is_said(ask, fault, path: str) -> None:
    fault(ask("GET", path), 404, "NotFound", "There is no operation at")


@pytest.mark.parametrize(
    ("path", "says"), [("%00", "NUL"), ("a%0Ab", "NUL, CR or LF"), ("%FF", "UTF-8"), ("x" * 1025, "1025 bytes")]
)
def test_a_name_that_cannot_be_one_is_said(ask, fault, bucket: str, path: str, says: str) -> None:
    answer = ask("PUT", f"{bucket}/o/{path}", b"x", signs_body=False)
    fault(answer, 400, "InvalidParameter", says)


def test_a_body_that_was_signed_is_held_against_its_digest(ask, fault, bucket: str, api) -> None:
    assert ask("PUT", f"{bucket}/o/x", b"right").status_code == 200
    url = httpx.URL(f"http://yard.test{bucket}/o/x")
    answer = api.send("PUT", url, b"wrong", api.signature("PUT", url, b"right") | {"content-length": "5"})
    fault(answer, 400, "UnmatchedContentMD5")
    assert ask("GET", f"{bucket}/o/x").content == b"right"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("uploadPartNum=1", "uploadId"), ("uploadId=x", "uploadPartNum"),
        ("uploadId=x&uploadPartNum=x", "uploadPartNum"),
        ("uploadId=x&uploadPartNum=10001", "uploadPartNum"), ("uploadId=x&uploadId=y&uploadPartNum=1", "twice"),
    ],
)  # fmt: skip
def test_a_part_without_its_place_is_refused(ask, bucket: str, query: str, says: str) -> None:
    answer = ask("PUT", f"{bucket}/u/x?{query}", b"x", signs_body=False)
    assert answer.status_code == 400
    assert says in answer.json()["message"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"partsToCommit": None}, {"partsToCommit": [{}]}, {"partsToCommit": [{"partNum": 0, "etag": "x"}]},
        {"partsToCommit": [{"partNum": 1, "etag": "x"}, {"partNum": 1, "etag": "x"}]},
        {"partsToCommit": [{"partNum": "1", "etag": "x"}]}, {"partsToCommit": [], "partsToExclude": []},
    ],
)  # fmt: skip
def test_a_commit_that_makes_no_sense_is_refused(ask, bucket: str, body: object) -> None:
    made = ask("POST", f"{bucket}/u", {"object": "x"}).json()
    assert ask("POST", f"{bucket}/u/x?uploadId={made['uploadId']}", body).status_code == 400


@pytest.mark.parametrize("name", ["", "a\0b", "\n", "x" * 1025])
def test_a_name_in_json_is_held_against_the_same_rules(ask, fault, bucket: str, name: str) -> None:
    fault(ask("POST", f"{bucket}/u", {"object": name}), 400, "InvalidParameter")
    ask("PUT", f"{bucket}/o/x", b"", signs_body=False)
    rename = {"sourceName": "x", "newName": name}
    fault(ask("POST", f"{bucket}/actions/renameObject", rename), 400, "InvalidParameter")


@pytest.mark.parametrize("page", ["x", "%FF", "gA", "é", "a" * 9000])
def test_a_page_from_elsewhere_is_refused_or_empty(ask, bucket: str, api, page: str) -> None:
    for path in (f"{bucket}/u", f"{bucket}/p", f"{bucket}/objectversions"):
        answer = ask("GET", f"{path}?page={page}")
        assert answer.status_code in {200, 400}, answer.text


@pytest.mark.parametrize("listed", ["o", "objectversions"])
def test_a_field_that_objects_do_not_have_is_refused(ask, bucket: str, fault, listed: str) -> None:
    fault(ask("GET", f"{bucket}/{listed}?fields=name,colour"), 400, "InvalidParameter", "'colour'")
    assert ask("GET", f"{bucket}/{listed}?fields=name,size").status_code == 200


@pytest.mark.parametrize(
    "header", [{"storage_tier": "Gold"}, {"opc_checksum_algorithm": "MD4"}, {"opc_meta_a": "x" * 5000}]
)
def test_a_header_that_makes_no_sense_is_refused(ask, bucket: str, header: dict[str, str]) -> None:
    assert ask("PUT", f"{bucket}/o/x", b"x", signs_body=False, **header).status_code == 400
    assert ask("GET", f"{bucket}/o/x").status_code == 404


def test_odd_ranges_are_the_whole(ask, bucket: str) -> None:
    ask("PUT", f"{bucket}/o/x", b"12345", signs_body=False)
    for odd in ("bytes=1-2,4-5", "lines=1-2", "bytes=-", "bytes=3-1"):
        answer = ask("GET", f"{bucket}/o/x", range=odd)
        assert (answer.status_code, answer.content) == (200, b"12345")


def test_what_is_known_already_is_not_sent(ask, bucket: str) -> None:
    etag = ask("PUT", f"{bucket}/o/x", b"12345", signs_body=False).headers["etag"]
    answer = ask("GET", f"{bucket}/o/x", if_none_match=f'"{etag}"')
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


def test_a_head_is_answered_without_a_body(ask, bucket: str) -> None:
    for path in (f"{bucket}/o/x", bucket + "x"):
        answer = ask("HEAD", path)
        assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("value", ["é€🙂".encode(), "é".encode("latin-1"), b"\xff\xfe"])
@pytest.mark.parametrize("name", ["opc-meta-a", "content-type", "content-disposition", "cache-control"])
def test_a_header_comes_back_byte_for_byte_as_it_was_sent(api, ask, bucket: str, name: str, value: bytes) -> None:
    url = httpx.URL(f"http://yard.test{bucket}/o/x")
    signed = {key.encode(): text.encode() for key, text in api.signature("PUT", url, None).items()}
    put = api.send("PUT", url, b"data", {**signed, name.encode(): value})
    assert put.status_code == 200, put.text
    for method in ("GET", "HEAD"):
        got = ask(method, f"{bucket}/o/x")
        assert got.status_code == 200, got.text
        assert dict(got.headers.raw)[name.encode()] == value
