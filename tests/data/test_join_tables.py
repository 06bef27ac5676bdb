"""Captions and recorded chains of thought find their Docs."""

import json

import pytest
import spacy
from spacy.tokens import Doc

from spacy_cotner.data.images import image_key
from spacy_cotner.data.join import Captions, RecordedCot
from spacy_cotner.data.repairs import Repairs
from spacy_cotner.errors import CotnerError


@pytest.fixture
def write(tmp_path):
    def run(*rows, name="table.jsonl"):
        path = tmp_path / name
        path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows), encoding="utf8")
        return path

    return run


def make_doc(text, image=None):
    doc = Doc(spacy.blank("en").vocab, words=text.split())
    doc._.image = image
    return doc


@pytest.mark.parametrize(
    "name", ["16_05.1", "16_05.1.jpg", "a/b/16_05.1.JPEG", "http://x/16_05.1.png?s=1", "c:\\16_05.1.jpg"]
)
def test_image_key(name):
    assert image_key(name) == "16_05.1"


def test_captions_by_image_name(write):
    path = write(
        {"image": "1.jpg", "caption": "one"},
        "img/2.png:two: 2",
        {"image_id": 3, "caption": "three"},
        {"image": "4", "caption": ""},
    )
    captions = Captions(path, Repairs())
    docs = [make_doc("x", image) for image in ("dir/1.jpg", "2.jpg", "3", "4.jpg", "5.jpg", None)]
    for doc in docs:
        captions.add_to(doc)
    assert [doc._.caption for doc in docs] == ["one", "two: 2", "three", None, None, None]
    assert captions.coverage().n_unmatched == 0


def test_caption_on_the_doc_stays_and_second_captions_are_counted(write):
    repairs = Repairs()
    captions = Captions(write({"image": "1", "caption": "a"}, {"image": "1.jpg", "caption": "b"}), repairs)
    doc, other = make_doc("x", "1.jpg"), make_doc("y", "1.jpg")
    doc._.caption = "own"
    captions.add_to(doc)
    captions.add_to(other)
    assert (doc._.caption, other._.caption) == ("own", "a")
    assert list(repairs.counts.values()) == [1]


def test_texts_that_share_an_image_and_texts_that_repeat(write):
    path = write(
        {"image_id": "1", "text": "Good day", "knowledge": "A"},
        {"image_id": "1", "text": "Bad day", "knowledge": "B"},
        {"image_id": "2", "text": "Good day", "knowledge": "C"},
    )
    cot = RecordedCot([path], None, Repairs())
    docs = [
        make_doc("Bad day", "1.jpg"),
        make_doc("Good day", "2.jpg"),
        make_doc("Good day", "1.jpg"),
        make_doc("No day", "1.jpg"),
    ]
    for doc in docs:
        cot.add_to(doc)
    assert [doc._.cot.get("knowledge") for doc in docs] == ["B", "C", "A", None]


def test_text_alone_image_alone_and_several_files(write):
    nouns = write({"id": "x", "text": "Bad\u200b  d ay", "noun": "N", "sentence": "S"}, name="a.jsonl")
    images = write({"image": "1.jpg", "multimodality": "M", "noun": "of the image"}, name="b.jsonl")
    cot = RecordedCot([nouns, images], None, Repairs())
    doc, no_image = make_doc("Bad day\ufe0f", "1"), make_doc("Bad day")
    doc._.cot = {"sentence": "own"}
    cot.add_to(doc)
    cot.add_to(no_image)
    assert doc._.cot == {"noun": "N", "sentence": "own", "multimodality": "M"}
    assert no_image._.cot == {"noun": "N", "sentence": "S"}


def test_same_text_beside_another_image_is_noted(write):
    repairs = Repairs()
    cot = RecordedCot([write({"image_id": "1", "text": "hi", "noun": "N"})], None, repairs)
    doc = make_doc("hi", "2.jpg")
    cot.add_to(doc)
    assert doc._.cot == {"noun": "N"}
    assert [what.split(":")[0] for what in repairs.counts] == ["noted"]


def test_fields_are_chosen_and_renamed(write):
    path = write({"text": "hi", "knowledge": "K", "other": "O", "cot": {"noun": "N"}})
    doc = make_doc("hi")
    RecordedCot([path], {"knowledge": "multimodality"}, Repairs()).add_to(doc)
    assert doc._.cot == {"multimodality": "K", "noun": "N"}
    with pytest.raises(CotnerError, match=r"table\.jsonl: no explanations in the fields nope"):
        RecordedCot([write({"text": "hi", "knowledge": "K"})], {"nope": "noun"}, Repairs())


def test_unmatched_rows_are_counted_and_named(write):
    cot = RecordedCot([write({"text": "hi", "noun": "N"}, {"text": "ho", "noun": "N"})], None, Repairs())
    cot.add_to(make_doc("hi"))
    used = cot.coverage()
    assert (used.n_rows, used.n_unmatched) == (2, 1)
    assert used.examples[0].endswith("table.jsonl:2")


@pytest.mark.parametrize("row", [{"image": "1"}, {"caption": "c"}, {"image": "1", "caption": 2}, "17 a man"])
def test_broken_caption_is_named(write, row):
    with pytest.raises(CotnerError, match=r"table\.jsonl:2: "):
        Captions(write({"image": "0", "caption": "c"}, row), Repairs())


@pytest.mark.parametrize("row", [{"noun": "N"}, {"text": "a", "cot": {"noun": 1}}, "{"])
def test_broken_cot_is_named(write, row):
    with pytest.raises(CotnerError, match=r"table\.jsonl:2: "):
        RecordedCot([write({"text": "a", "noun": "N"}, row)], None, Repairs())


def test_row_that_belongs_nowhere_is_counted(write):
    repairs = Repairs()
    RecordedCot([write({"text": " ", "noun": "N"}, {"text": "a", "noun": "N"})], None, repairs)
    assert repairs.counts == {"dropped: row with an empty text and no image": 1}
