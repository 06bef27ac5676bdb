"""`cotner convert` from the command line: what it writes, prints and refuses."""

import json
from functools import partial

import pytest
import spacy
from commands import cotner
from spacy.tokens import DocBin
from spacy.training import Corpus

CONLL = "IMGID:1\nAda\tB-PER\n:-)\tO\nNew-York\tI-LOC\n\nIMGID:2\nhi\tO\n"
MNRE = (
    "{'token': ['Ada', 'of', 'Acme'], 'h': {'name': 'Ada', 'pos': [0, 1]}, "
    "'t': {'name': 'Acme', 'pos': [2, 3]}, 'img_id': '1.jpg', 'relation': '/per/org/member_of'}\n"
)
JSONL = json.dumps({"text": "Ada said hi.", "spans": [{"start": 0, "end": 3, "label": "PER"}]}) + "\n"


@pytest.fixture
def convert(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    return partial(cotner, "convert")


def write(path, content):
    path.write_text(content, encoding="utf8")
    return path.name


@pytest.mark.parametrize(
    ("content", "format", "n_docs"), [(CONLL, "conll", 2), (MNRE, "mnre", 1), (JSONL, "jsonl", 1)]
)
def test_format_is_found_by_content(convert, tmp_path, content, format, n_docs):
    code, output = convert(write(tmp_path / "data", content), "new/folder/out.spacy")
    assert code == 0, output
    assert f"format {format}" in output
    docs = list(DocBin().from_disk("new/folder/out.spacy").get_docs(spacy.blank("en").vocab))
    assert len(docs) == n_docs
    assert docs[0].ents[0].label_ == "PER"
    assert [path.name for path in (tmp_path / "new/folder").iterdir()] == ["out.spacy"]


def test_corpus_reads_gold_tokens_and_everything_on_the_doc(convert, tmp_path):
    source = write(tmp_path / "train.txt", CONLL)
    captions = write(tmp_path / "captions.jsonl", '{"image": "1.jpg", "caption": "a smile"}')
    cot = write(
        tmp_path / "cot.jsonl", '{"image_id": "1", "text": "Ada :-) New-York", "knowledge": "Ada is a name"}'
    )
    args = ["--captions", captions, "--cot", cot, "--cot-grain", "knowledge=noun"]
    code, output = convert(source, "out.spacy", *args)
    assert code == 0, output
    first, _ = Corpus("out.spacy")(spacy.blank("en"))
    assert [token.text for token in first.predicted] == ["Ada", ":-)", "New-York"]
    assert first.get_aligned_ner() == ["U-PER", "O", "U-LOC"]
    doc = first.reference
    assert (doc._.image, doc._.caption, doc._.cot) == ("1.jpg", "a smile", {"noun": "Ada is a name"})
    assert "with CoT 'noun' 1 (50.0%)" in output
    assert "1 repaired: entity (read as if with B-) that begins with I- (train.txt:4)" in output


def test_relations_survive_the_round_trip(convert, tmp_path):
    assert convert(write(tmp_path / "data.txt", MNRE), "out.spacy")[0] == 0
    (doc,) = DocBin().from_disk("out.spacy").get_docs(spacy.blank("en").vocab)
    (relation,) = doc._.relations
    assert (relation.head.text, relation.label, relation.tail.text) == ("Ada", "/per/org/member_of", "Acme")
    assert not doc._.relations_complete


def test_relations_without_entities_for_a_recognizer_to_learn(convert, tmp_path):
    code, output = convert(write(tmp_path / "data.txt", MNRE), "out.spacy", "--relations-only")
    assert code == 0, output
    assert "entities not annotated" in output
    (example,) = Corpus("out.spacy")(spacy.blank("en"))
    assert example.get_aligned_ner() == [None, None, None]
    assert [r.head.text for r in example.reference._.relations] == ["Ada"]


def test_spans_of_a_group_survive_the_round_trip(convert, tmp_path):
    code, output = convert(write(tmp_path / "data.jsonl", JSONL), "out.spacy", "--spans-key", "sc")
    assert code == 0, output
    assert "entities 1: PER 1" in output
    (doc,) = DocBin().from_disk("out.spacy").get_docs(spacy.blank("en").vocab)
    assert [span.text for span in doc.spans["sc"]] == ["Ada"]


@pytest.mark.parametrize(
    ("content", "args", "message"),
    [
        (MNRE, ["--spans-key", "sc"], "data: a group of spans is read from JSONL only, this is mnre"),
        ("", [], "data: this file is empty"),
        (
            "IMGID:1\n\n",
            [],
            "data: no usable text in this file (1 dropped: IMGID line without tokens (data:1))",
        ),
        ("just some words\n", [], "data:1: cannot tell the format"),
        ("IMGID:1\nAda\tPER\n", [], "data:2: tag 'PER' is not BIO"),
        (JSONL + "{\n", [], "data:2: not a JSON object"),
        (JSONL, ["--format", "xml"], "unknown format 'xml'"),
        (JSONL, ["--lang", "qqq"], "--lang qqq"),
        (JSONL, ["--captions", "nope.jsonl"], "nope.jsonl: cannot read this file"),
        (JSONL, ["--images", "nope"], "nope: no such folder"),
        (JSONL, ["--cot-grain", "=x"], "expected FIELD"),
        (JSONL, ["--cot", "other.jsonl"], "other.jsonl: none of 1 rows belongs to a text of data"),
        (JSONL, ["--captions", "other.jsonl"], "other.jsonl: none of 1 rows belongs to a text of data"),
    ],
)
def test_bad_input_is_one_line_and_loses_nothing(convert, tmp_path, content, args, message):
    write(tmp_path / "other.jsonl", '{"image": "99", "text": "another", "noun": "N", "caption": "c"}')
    write(tmp_path / "out.spacy", "what was there")
    code, output = convert(write(tmp_path / "data", content), "out.spacy", *args)
    assert code == 1
    assert message in output
    assert (tmp_path / "out.spacy").read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "other.jsonl", "out.spacy"]


def test_paths_that_cannot_be_used(convert, tmp_path):
    write(tmp_path / "data", JSONL)
    (tmp_path / "folder.spacy").mkdir()
    for args, message in [
        (["nope", "out.spacy"], "nope: no such file"),
        ([".", "out.spacy"], ".: this is a folder"),
        (["data", "out.bin"], "out.bin: the output must end in .spacy"),
        (["data", "folder.spacy"], "folder.spacy: cannot write this file"),
        (["data", "data/out.spacy"], "data/out.spacy: cannot write this file"),
    ]:
        code, output = convert(*args)
        assert (code, message in output) == (1, True), output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "folder.spacy"]
