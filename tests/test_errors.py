"""The tree of errors: every class of the wire comes back from its status and code."""

from __future__ import annotations

import pytest

from modelyard import errors
from modelyard.errors import InternalServerError, InvalidParameter, ModelyardError, WireError
from modelyard.wire.faults import error_for


def _below(root: type[ModelyardError]) -> list[type[ModelyardError]]:
    return [cls for child in root.__subclasses__() for cls in (child, *_below(child))]


ALL_WIRE = [cls for cls in _below(WireError) if cls.__module__ == "modelyard.errors"]
WIRE = [cls for cls in ALL_WIRE if "code" in vars(cls)]
"""Those with a code of their own; the others are told apart by the service alone."""


@pytest.mark.parametrize("cls", WIRE, ids=lambda cls: cls.__name__)
def test_a_wire_error_comes_back_as_its_class(cls: type[WireError]) -> None:
    error = error_for(status=cls.status, code=cls.code, message="why", request_id="r")
    assert type(error) is cls
    assert (error.message, error.request_id, str(error)) == ("why", "r", "why")


@pytest.mark.parametrize("cls", [cls for cls in ALL_WIRE if cls not in WIRE], ids=lambda cls: cls.__name__)
def test_a_wire_error_without_a_code_of_its_own_comes_back_as_the_class_whose_code_it_has(cls: type[WireError]) -> None:
    [named] = [each for each in WIRE if (each.status, each.code) == (cls.status, cls.code)]
    assert issubclass(cls, named)
    assert type(error_for(status=cls.status, code=cls.code, message="why")) is named


def test_no_two_wire_errors_share_status_and_code() -> None:
    pairs = [(cls.status, cls.code) for cls in WIRE]
    assert len(pairs) == len(set(pairs))


OURS = [cls for cls in _below(ModelyardError) if cls.__module__ == "modelyard.errors"]


@pytest.mark.parametrize("cls", OURS, ids=lambda cls: cls.__name__)
def test_every_error_has_a_status_and_a_code(cls: type[ModelyardError]) -> None:
    assert 400 <= cls.status < 600
    assert cls.code
    assert cls.__doc__


def test_an_unknown_code_of_a_known_status_is_that_statuss_first_class() -> None:
    assert type(error_for(status=404, code="Other", message="x")) is errors.NotFound
    assert type(error_for(status=409, code="Other", message="x")) is errors.Conflict


@pytest.mark.parametrize(
    ("status", "cls"), [(418, InvalidParameter), (502, InternalServerError), (599, InternalServerError)]
)
def test_an_unknown_status_keeps_what_was_said(status: int, cls: type[WireError]) -> None:
    error = error_for(status=status, code="Odd", message="teapot")
    assert type(error) is cls
    assert error.message == f"{status} Odd: teapot"


def test_errors_are_also_the_builtin_ones_that_callers_expect() -> None:
    assert issubclass(errors.ArtifactError, ValueError)
    assert issubclass(errors.FileAlreadyExists, FileExistsError)
    assert issubclass(errors.WaitTimeout, TimeoutError)
    assert issubclass(errors.ServiceUnreachable, ConnectionError)
    assert issubclass(errors.MissingDependency, ImportError)
