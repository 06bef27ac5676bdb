"""`spacy_cotner.render`: what the markup says, and what no text can make it say."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.tokens import Span

from spacy_cotner import CotnerError, render

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
TEXT = "Ada Lovelace worked with Charles Babbage in London ."


@pytest.fixture
def doc():
    doc = spacy.blank("en")(TEXT)
    doc.ents = [Span(doc, 0, 2, "PER"), Span(doc, 4, 6, "PER"), Span(doc, 7, 8, "LOC")]
    ada, charles, london = doc.ents
    doc._.relations = [(ada, charles, "colleague", 0.934), (charles, london, "lives"), (ada, london, "None")]
    return doc


def svg_of(item, **options) -> ET.Element:
    return ET.fromstring(render(item, style="svg", options=options))


def texts(root: ET.Element) -> list[str]:
    return [node.text for node in root.iter(f"{SVG}text")]


def test_entities_and_relations_are_drawn(doc):
    root = svg_of(doc)
    assert {"Ada Lovelace", "PER", "LOC", "colleague", "lives"} <= set(texts(root))
    assert "None" not in texts(root)  # a pair without a relation is no arc
    assert len(root.findall(f".//{SVG}rect")) == 3
    assert len(root.findall(f".//{SVG}circle")) == 2  # one where each arc begins
    tips = {node.text for node in root.iter(f"{SVG}title")}
    assert "Ada Lovelace — colleague (0.934) → Charles Babbage" in tips
    assert "colleague" in root.get("aria-label")


def test_html_and_page(doc):
    fragment = render([doc, doc])
    assert fragment.count("<figure") == fragment.count("<svg") == 2
    page = render(doc, page=True)
    assert page.startswith("<!DOCTYPE html>")
    assert "prefers-color-scheme: dark" in page
    doc.user_data["title"] = "a <b>heading</b>"
    assert "a &lt;b&gt;heading&lt;/b&gt;" in render(doc)
    assert "a <b>heading</b>" in texts(svg_of(doc))


def test_nothing_in_a_text_or_label_becomes_markup():
    evil = """<script>alert("1")</script>&amp;'\x00\x1b\ufffe "onload=x"""
    item = {"text": evil, "title": evil, "ents": [{"start": 0, "end": 8, "label": evil}]}
    item["relations"] = [{"head": 0, "tail": 0, "label": evil}]
    for page in (False, True):
        markup = render(item, manual=True, page=page, options={"width": None, "font": '"><script>'})
        assert "<script" not in markup
        assert "\x00" not in markup
    root = ET.fromstring(render(item, style="svg", manual=True))
    assert evil.replace("\x00", "\ufffd").replace("\x1b", "\ufffd").replace("\ufffe", "\ufffd") in texts(root)
    names = {name for node in root.iter() for name in node.attrib}
    assert not {name for name in names if name.startswith("on")}


def test_the_same_in_another_process(doc, tmp_path):
    doc.to_disk(tmp_path / "doc")
    code = (
        "import sys, spacy; from spacy.tokens import Doc; from spacy_cotner import render;"
        f"print(render(Doc(spacy.blank('en').vocab).from_disk({str(tmp_path / 'doc')!r})))"
    )
    settings = {"env": {"PYTHONHASHSEED": "1"}, "capture_output": True, "encoding": "utf8"}
    assert subprocess.run([sys.executable, "-c", code], **settings).stdout.strip() == render(doc)


@pytest.mark.parametrize("text", ["", " ", "\n", "Nothing here."])
def test_a_doc_without_entities(text):
    root = svg_of(spacy.blank("en")(text))
    assert "".join(texts(root)) == text.strip()
    assert float(root.get("height")) > 0


def test_scores_on_request(doc):
    assert "colleague 0.93" in texts(svg_of(doc, scores=True))


def test_choice_of_labels(doc):
    shown = texts(svg_of(doc, ents=["LOC"], relations=["lives"]))
    assert "lives" in shown
    assert "colleague" not in shown
    assert shown.count("PER") == 1  # the end of the relation that is shown


def test_spans_instead_of_entities(doc):
    doc.spans["sc"] = [Span(doc, 0, 2, "NAME"), Span(doc, 0, 6, "GROUP"), Span(doc, 1, 2, "SURNAME")]
    doc._.relations = [(doc.spans["sc"][2], doc.spans["sc"][1], "part_of")]
    shown = texts(svg_of(doc, spans_key="sc"))
    assert {"NAME", "GROUP", "SURNAME", "part_of"} <= set(shown)
    assert "PER" not in shown
    with pytest.raises(CotnerError, match=r"no Doc has doc.spans\['other'\]: there are sc"):
        render(doc, options={"spans_key": "other"})


def test_a_relation_between_spans_that_are_no_entities(doc):
    doc._.relations = [(Span(doc, 2, 3, "VERB"), doc.ents[0], "agent")]
    assert "VERB" in texts(svg_of(doc))


def test_a_part_of_a_doc(doc):
    root = svg_of(doc[4:8])
    assert {"Charles Babbage", "London", "lives"} <= set(texts(root))
    assert not {"Ada Lovelace", "colleague"} & set(texts(root))


def test_colors(doc):
    fills = [node.get("fill") for node in svg_of(doc, colors={"per": "#000080"}).iter(f"{SVG}rect")]
    assert fills[:2] == ["#000080"] * 2
    root = svg_of(doc, colors={"LOC": "linear-gradient(90deg, #aa9cfc, #fc9ce7)", "lives": "#123456"})
    assert "#aa9cfc" in [node.get("fill") for node in root.iter(f"{SVG}rect")]
    assert "#123456" in [node.get("stroke") for node in root.iter(f"{SVG}path")]
    on_blue = svg_of(doc, colors={"PER": "#000080"})
    assert "#fff" in [node.get("fill") for node in on_blue.iter(f"{SVG}text") if node.text == "Ada Lovelace"]


def test_a_picture_of_its_own_has_a_ground_and_a_fragment_has_none(doc):
    assert "background: #fff" in render(doc, style="svg")
    assert "background" not in render(doc)
    assert "background: #eee" in render(doc, options={"bg": "#eee"})


def test_arcs_to_another_line_say_where_they_lead(doc):
    shown = texts(svg_of(doc, width=150))
    assert {"colleague · Charles Babbage", "colleague · Ada Lovelace"} <= set(shown)
    wide = svg_of(doc, width=None)
    assert "colleague" in texts(wide)


def test_direction_of_the_text():
    arabic = spacy.blank("ar")("ولدت ماري في وارسو")
    assert {node.get("direction") for node in svg_of(arabic).iter(f"{SVG}text")} == {"rtl"}
    assert 'dir="rtl"' in render(arabic)
    assert not [node for node in svg_of(spacy.blank("en")("left to right")).iter() if node.get("direction")]


def test_in_a_notebook(doc, monkeypatch):
    import spacy_cotner.visual.rendering as rendering

    shown = []
    display = type(sys)("IPython.display")
    display.HTML, display.display = str, shown.append
    monkeypatch.setitem(sys.modules, "IPython", type(sys)("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(rendering, "is_in_jupyter", lambda: True)
    assert render(doc) is None
    assert "<svg" in shown[0]
    assert "<svg" in render(doc, jupyter=False)


@pytest.mark.parametrize(
    ("item", "kwargs", "message"),
    [
        ("a text", {}, "expected Docs, found str"),
        ({"text": "x", "ents": []}, {}, "dicts need manual=True"),
        ({"text": "x"}, {"manual": True}, "expected text, ents"),
        ({"text": "x", "ents": [{"start": 0, "end": 9, "label": "A"}]}, {"manual": True}, "not in the text"),
        (
            {"text": "x", "ents": [], "relations": [{"head": 0, "tail": 1, "label": "r"}]},
            {"manual": True},
            "no such ents",
        ),
        ({"text": "x", "ents": []}, {"manual": True, "style": "dep"}, "choose html or svg"),
        ({"text": "x", "ents": []}, {"manual": True, "options": {"colour": {}}}, "unknown option 'colour'"),
        ({"text": "x", "ents": []}, {"manual": True, "options": {"width": 5}}, "option width"),
        ({"text": "x", "ents": []}, {"manual": True, "options": {"direction": "up"}}, "neither ltr nor rtl"),
    ],
)
def test_bad_input(item, kwargs, message):
    items = [item] if isinstance(item, str) else item
    with pytest.raises(CotnerError, match=message):
        render(items, **kwargs)


def test_the_picture_in_the_readme_is_what_render_draws():
    row = next(r for r in srsly.read_jsonl(ROOT / "assets/sample/train.jsonl") if r["id"] == "train-078")
    item = {"text": row["text"], "ents": row["spans"], "relations": row["relations"]}
    markup = render(item, style="svg", manual=True) + "\n"
    assert (ROOT / "docs/relations.svg").read_text(encoding="utf8") == markup, "write docs/relations.svg anew"
