"""What a notebook shows."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.model.deployment.model_deployment import ModelDeployment
from modelyard.model.model_metadata import ModelCustomMetadata
from modelyard.model.model_version_set import ModelVersionSet
from modelyard.model.notebook_view import table_of, view

pytestmark = pytest.mark.usefixtures("nowhere")


class Cells(HTMLParser):
    """The texts of a view's cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        assert not self.open, "a tag was left open"

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        if tag in {"td", "th"}:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1] in {"td", "th"}:
            self.texts[-1] += data


@given(st.text(), st.text(min_size=1))
def test_no_text_becomes_markup(title: str, value: str) -> None:
    html = view(title, {"fact": value}, table_of(["column"], [[value]]))
    shown = Cells(html).texts
    assert [text.split() for text in shown] == [["fact"], value.split(), ["column"], value.split()]


def test_what_would_fill_the_page_is_folded_and_no_markup() -> None:
    page = {"fields": [{"name": f"<i>{number}</i>"} for number in range(50)]}
    html = view("schema", {"tags": {}, "small": {"a": 1}, "large": page}, table_of(["column"], [[page]]))
    assert Cells(html).texts == ["small", "{'a': 1}", "large", "", "column", ""]
    assert html.count("<details><summary>fields</summary>") == 2
    assert "<i>" not in html


def test_a_state_keeps_the_colour_of_the_text_around_it() -> None:
    html = table_of(["state"], [["ACTIVE"]])
    assert "border-left:4px solid" in html
    assert ";color:" not in html


def test_a_deployment_shows_how_it_stands() -> None:
    shown = Cells(ModelDeployment(display_name="flowers")._repr_html_()).texts
    assert shown[:2] == ["lifecycleState", "UNKNOWN"]


def test_a_model_shows_what_is_done_and_what_comes_next(make_model: Any, iris: Any) -> None:
    model = make_model()
    assert "Serialized model" in Cells(model._repr_html_()).texts
    model.prepare(X_sample=iris.data)
    shown = Cells(model._repr_html_()).texts
    assert model.artifact_dir in shown
    assert shown[shown.index("Serialized model") - 1] == "Done"
    assert any("LogisticRegression" in text for text in shown)


def test_metadata_shows_as_a_table() -> None:
    metadata = ModelCustomMetadata()
    assert Cells(metadata._repr_html_()).texts == []
    metadata.add("note", "<b>bold</b>", category="Other", description="an item")
    shown = Cells(metadata._repr_html_()).texts
    assert {"key", "value", "note", "<b>bold</b>", "an item"} <= set(shown)


def test_a_version_set_shows_what_was_said_of_it() -> None:
    assert {"name", "flowers"} <= set(Cells(ModelVersionSet(name="flowers")._repr_html_()).texts)
