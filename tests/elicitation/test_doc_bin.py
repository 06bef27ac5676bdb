"""The quick DocBin: the same file as spaCy's own."""

import numpy
import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from spacy_cotner.elicitation.doc_bin import QuickDocBin
from spacy_cotner.types import Relation


@pytest.fixture
def docs():
    nlp = spacy.blank("en")
    docs = [nlp("Ada likes Bob"), nlp(""), nlp("plain"), nlp("array")]
    docs[0].ents = [docs[0].char_span(0, 3, "PER"), docs[0].char_span(10, 13, "PER")]
    docs[0]._.cot = {"noun": "Ada is a name."}
    docs[0]._.relations = [Relation(docs[0][:1], docs[0][2:], "likes")]
    docs[0].spans["sc"] = [docs[0][1:2]]
    docs[3].user_data["array"] = numpy.arange(3)
    return docs


def filled(kind, docs):
    doc_bin = kind(store_user_data=True) if kind is DocBin else kind()
    for doc in docs:
        doc_bin.add(doc)
    return doc_bin


def test_the_same_bytes(docs):
    assert filled(QuickDocBin, docs).to_bytes() == filled(DocBin, docs).to_bytes()


@pytest.mark.parametrize("kind", [QuickDocBin, DocBin])
def test_reads_what_the_other_wrote(docs, kind):
    other = DocBin if kind is QuickDocBin else QuickDocBin
    read = list(kind().from_bytes(filled(other, docs).to_bytes()).get_docs(Vocab()))
    assert [doc.text for doc in read] == [doc.text for doc in docs]
    assert read[0]._.cot == {"noun": "Ada is a name."}
    assert [relation.key for relation in read[0]._.relations] == [r.key for r in docs[0]._.relations]
    assert read[3].user_data["array"].tolist() == [0, 1, 2]
    assert read[0].spans["sc"][0].text == "likes"


def test_can_be_read_twice_and_in_part(docs):
    doc_bin = filled(QuickDocBin, docs)
    next(iter(doc_bin.get_docs(Vocab())))
    assert [bool(doc.user_data) for doc in doc_bin.get_docs(Vocab())] == [True, False, False, True]


def test_files_without_user_data(docs):
    plain = DocBin(docs=docs).to_bytes()
    assert [doc.user_data for doc in QuickDocBin().from_bytes(plain).get_docs(Vocab())] == [{}] * 4


def test_what_can_not_be_packed_spoils_nothing_else(docs):
    doc_bin = QuickDocBin()
    broken = Doc(Vocab(), words=["x"])
    broken.user_data["x"] = object()
    with pytest.raises(TypeError):
        doc_bin.add(broken)
    doc_bin.add(docs[0])
    assert doc_bin.user_data[-1] == filled(DocBin, docs[:1]).user_data[0]
