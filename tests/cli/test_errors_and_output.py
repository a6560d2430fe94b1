"""What a command prints: tables, JSON, and for every error what to do."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import NamedTuple

import pytest

from modelyard import errors
from modelyard.cli.advice import advice, describe
from modelyard.cli.main import main
from modelyard.cli.names import pick
from modelyard.cli.options import hours, pairs
from modelyard.cli.output import Output, Section, aligned, by_name, shown, size
from modelyard.errors import ModelyardError, NotFound, UsageError


def _all_errors(root: type[ModelyardError]) -> list[type[ModelyardError]]:
    return [cls for child in root.__subclasses__() for cls in (child, *_all_errors(child))]


@pytest.mark.parametrize("cls", [cls for cls in _all_errors(ModelyardError) if cls is not errors.WireError])
def test_every_error_of_modelyard_has_advice(cls: type[ModelyardError]) -> None:
    assert "should not happen" not in advice(cls("x"))
    assert advice(cls("x")).endswith(".")


def test_an_error_nobody_thought_of_asks_for_a_report() -> None:
    assert "--debug" in advice(ZeroDivisionError())
    assert describe(ZeroDivisionError("division by zero")) == "ZeroDivisionError: division by zero"


def test_a_traceback_is_told_by_its_last_line_first() -> None:
    traceback = 'Traceback (most recent call last):\n  File "score.py", line 1\nKeyError: 1'
    assert describe(errors.ModelLoadError(traceback)).splitlines()[0] == "KeyError: 1"
    assert describe(errors.ModelLoadError(traceback)).endswith(traceback)


def test_a_fault_names_its_request() -> None:
    assert describe(errors.Conflict("No.", request_id="R1")) == "No. (request R1)"


class Thing(NamedTuple):
    id: str
    display_name: str
    lifecycle_state: str = "ACTIVE"
    time_created: datetime = datetime(2026, 1, 2, tzinfo=timezone.utc)


THINGS = (
    Thing("1", "iris"),
    Thing("2", "churn"),
    Thing("3", "churn", time_created=datetime(2026, 1, 3, tzinfo=timezone.utc)),
    Thing("4", "iris", "DELETED"),
)


def _listing(name: str | None) -> list[Thing]:
    return [thing for thing in THINGS if name is None or thing.display_name == name]


def test_a_name_that_only_one_living_thing_has_stands_for_it() -> None:
    assert pick("iris", _listing, noun="model") == "1"


def test_a_name_that_several_have_is_an_error_that_lists_their_ocids_the_newest_first() -> None:
    listed = r"\n  2026-01-03 00:00:00 UTC  3\n  2026-01-02 00:00:00 UTC  2"
    with pytest.raises(UsageError, match=rf"2 models are called 'churn'[^\n]*{listed}$"):
        pick("churn", _listing, noun="model")


def test_a_name_that_none_has_is_an_error_that_names_what_is_close() -> None:
    with pytest.raises(NotFound, match=r"No model is called 'irsi'\. Did you mean 'iris'\?"):
        pick("irsi", _listing, noun="model")


def test_pairs_are_read_at_the_first_equals_sign() -> None:
    assert pairs(["a=b=c", "d="], option="--tag") == {"a": "b=c", "d": ""}
    assert pairs(None, option="--tag") is None


@pytest.mark.parametrize("text", ["a", "=b", ""])
def test_a_pair_without_key_or_equals_sign_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match="takes KEY=VALUE"):
        pairs([text], option="--tag")


def test_a_table_that_is_piped_is_aligned_text() -> None:
    assert aligned([["NAME", "STATE"], ["a long\nname", "ACTIVE"]]) == "NAME         STATE\na long name  ACTIVE\n"


def test_json_output_keeps_everything_else_off_stdout() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    output = Output("json", stdout=stdout, stderr=stderr)
    output.table([], lambda _: {}, nothing="There is nothing.")
    assert json.loads(stdout.getvalue()) == []
    output.note("a line")
    assert stderr.getvalue() == "a line\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_an_ocid_that_does_not_fit_a_terminal_can_be_copied_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stdout = Terminal()
    things = [Thing("ocid1." + 60 * "x", "漢字 churn"), Thing("ocid1." + 60 * "y", "a\nb")]
    Output("table", stdout=stdout, stderr=io.StringIO()).table(
        things, lambda thing: {"NAME": thing.display_name, "OCID": thing.id}, nothing=""
    )
    lines = re.sub(r"\x1b\[[0-9;]*m", "", stdout.getvalue()).splitlines()
    assert lines == ["NAME        OCID", f"漢字 churn  {things[0].id}", f"a b         {things[1].id}"]


def test_a_terminal_gets_the_same_words() -> None:
    stdout = Terminal()
    output = Output("table", stdout=stdout, stderr=io.StringIO())
    output.table(THINGS, lambda thing: {"NAME": thing.display_name, "STATE": thing.lifecycle_state}, nothing="")
    output.sections(None, [Section("thing", {"a": "[bold]b", "longer": "x\ny"}), Section("empty", {})])
    assert "iris" in stdout.getvalue()
    assert "[bold]b" in stdout.getvalue()  # a user's text is no markup
    assert "empty" not in stdout.getvalue()


def test_values_are_shown_as_people_read_them() -> None:
    assert shown(None) == "-"
    assert shown(True) == "yes"
    assert shown(1.0) == "1"
    assert shown(["a", None]) == "a, -"
    assert shown("a\x1b[2J\0\x9b\nb") == "a\\x1b[2J\\x00\\x9b\nb"
    assert shown(datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)) == "2026-01-02 03:04:05 UTC"
    assert [size(count) for count in (0, 999, 1000, 123_456_789, 5_000_000_000_000)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "123.5 MB",
        "5000.0 GB",
    ]


def test_debug_shows_the_traceback() -> None:
    with pytest.raises(UsageError):
        main(["artifact", "check", "/nowhere", "--debug"])


def test_without_debug_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["artifact", "check", "/nowhere"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: There is no folder or archive /nowhere.\nhint: ")
    assert "Traceback" not in said


@pytest.mark.parametrize(("encoding", "name"), [("ascii", "\\u00e9\\u20ac"), ("latin-1", "é\\u20ac"), ("utf-8", "é€")])
def test_letters_that_the_terminal_does_not_have_are_spelled_out(encoding: str, name: str) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Output("table", stdout=stdout).text("é€")
    Output("json", stdout=stdout).json({"name": "é€ 🙂"})
    printed = stdout.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined] # it is a BytesIO
    line, _, value = printed.partition("\n")
    assert line == name
    assert json.loads(value) == {"name": "é€ 🙂"}


def test_a_command_whose_output_nobody_takes_does_its_work() -> None:
    command = f"exec {sys.executable} -m modelyard artifact introspect /nowhere"
    done = subprocess.run(["sh", "-c", f"{command} >&- 2>&-"], check=False)
    assert done.returncode == 2
    shown_at = subprocess.run(["sh", "-c", f"{command} >&-"], check=False, capture_output=True, text=True)
    assert shown_at.stderr.startswith("error: There is no folder or archive /nowhere.")


def test_ctrl_c_before_a_command_begins_is_said_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    class Interrupted(list[str]):
        def __iter__(self) -> Iterator[str]:
            raise KeyboardInterrupt

    assert main(Interrupted()) == 130
    assert capsys.readouterr().err == "\ninterrupted.\n"


def test_of_several_with_one_name_each_is_shown() -> None:
    stdout = io.StringIO()
    pairs_of_names = [("gateway", "pid 1"), ("gateway", "pid 2"), ("service", "pid 3")]
    Output("table", stdout=stdout, stderr=io.StringIO()).sections(None, [Section("s", by_name(pairs_of_names))])
    assert stdout.getvalue() == "s\n  gateway  pid 1\n           pid 2\n  service  pid 3\n"


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["token", "--hours"], "hours"),
        (["env", "--official", "--hours"], "hours"),
        (["log", "search", "search", "--hours"], "hours"),
        (["deployment", "delete", "iris", "--max-wait"], "max-wait"),
    ],
)
@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "x"])
def test_a_time_that_no_clock_can_count_is_a_wrong_usage(
    capsys: pytest.CaptureFixture[str], command: list[str], option: str, value: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command, value])
    assert left.value.code == 2
    assert f"error: argument --{option}: invalid" in capsys.readouterr().err


def test_hours_have_an_end() -> None:
    assert hours("1.5") == 1.5
    for text in ("0", "-1", "1e300"):
        with pytest.raises(ValueError, match=text):
            hours(text)
