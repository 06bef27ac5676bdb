"""A logistic regression on what explanations say of phrases, beside the network."""

from __future__ import annotations

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_cotner import CotnerError
from spacy_cotner.models.encoder import pretrained_half
from spacy_cotner.pipeline.labelling import _blend, compare_readers, fit_readers, label_softly
from spacy_cotner.pipeline.phrases import PhraseReader
from spacy_cotner.pipeline.soft_f1 import soft_f1
from spacy_cotner.pipeline.tags import tag_scheme
from spacy_cotner.types import SoftLabels

NLP = spacy.blank("en")
# Names that say nothing by themselves; the explanation tells what they are.
NAMES = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta", "Iota", "Kappa"]
KINDS = {"city": "LOC", "singer": "PER", "day": ""}


def told(name: str, kind: str, sure: bool = True) -> Doc:
    doc = Doc(NLP.vocab, words=["we", "met", name, "Rose", "dancing"])
    doc._.cot = {"noun": f"{name} Rose ({kind}). Dancing."}
    label = KINDS[kind]
    if sure:
        doc.set_ents([Span(doc, 2, 4, label)] if label else [])
    return doc


@pytest.fixture
def reader(trained) -> PhraseReader:
    model = trained.get_pipe("cot_transformer").model
    return PhraseReader(model, ["LOC", "PER"], l2=0.1).fit(
        [told(name, kind) for name in NAMES for kind in KINDS]
    )


@pytest.mark.parametrize("scheme", ["bio", "bilou"])
@pytest.mark.parametrize("kind", KINDS)
def test_reads_what_a_new_name_is(reader: PhraseReader, scheme: str, kind: str) -> None:
    tags = tag_scheme(("LOC", "PER"), scheme)
    ((rows, known),) = reader.soft_labels([told("Omega", kind, sure=False)], tags)
    assert known.tolist() == [False, False, True, True, True]
    best = [tags.tags[i] for i in rows.argmax(1)[2:]]
    last = {"bio": "I", "bilou": "L"}[scheme]
    label = KINDS[kind]
    assert best == ([f"B-{label}", f"{last}-{label}", "O"] if label else ["O", "O", "O"])
    assert numpy.allclose(rows[known].sum(1), 1, atol=1e-5)
    assert not rows[~known].any()


@pytest.mark.parametrize("explained", [True, False])
def test_texts_without_explanation_get_no_opinion(reader: PhraseReader, explained: bool) -> None:
    docs = [NLP("we met Omega Rose"), NLP("")]
    if explained:
        docs[1]._.cot = {"noun": "nothing here"}
    found = reader.soft_labels(docs, tag_scheme(("LOC", "PER"), "bio"))
    for doc, (rows, known) in zip(docs, found, strict=True):
        assert rows.shape == (len(doc), 5)
        assert not known.any()


def test_unannotated_texts_teach_nothing(trained) -> None:
    model = trained.get_pipe("cot_transformer").model
    with pytest.raises(CotnerError, match="no entity of 0 labelled texts is named in its explanation"):
        PhraseReader(model, ["LOC"]).fit([told("Alpha", "city", sure=False)])


def test_labels_are_the_mean_where_there_are_two_opinions(trained) -> None:
    doc = told("Omega", "singer", sure=False)
    alone = next(label_softly([doc.copy()], [trained]))._.soft_labels["cot_ner"]
    labelled = [told(name, kind) for name in NAMES for kind in KINDS]
    both = next(
        label_softly([doc.copy()], [trained], readers=fit_readers([trained], labelled))
    )._.soft_labels["cot_ner"]
    assert numpy.allclose(both.probabilities[:2], alone.probabilities[:2])
    assert not numpy.allclose(both.probabilities[2:], alone.probabilities[2:], atol=0.01)
    assert numpy.allclose(both.probabilities.sum(1), 1, atol=1e-3)


def test_needs_a_recognizer() -> None:
    nlp = spacy.blank("en")
    with pytest.raises(CotnerError, match="a teacher has none"):
        fit_readers([nlp], [told("Alpha", "city")])


def test_the_reader_reads_with_the_pretrained_encoder(trained) -> None:
    model = trained.get_pipe("cot_transformer").model
    reader = PhraseReader(pretrained_half(model), ["LOC", "PER"], l2=0.1)
    labelled = [told(name, kind) for name in NAMES for kind in KINDS]
    tags = tag_scheme(("LOC", "PER"), "bio")
    ((before, _),) = reader.fit(labelled).soft_labels([told("Omega", "city")], tags)
    for parameter in model.shims[0].encoder.transformer.parameters():
        parameter.data.zero_()  # what fine-tuning may do to it
    ((after, _),) = reader.fit(labelled).soft_labels([told("Omega", "city")], tags)
    assert numpy.array_equal(before, after)


def test_says_which_weights_are_gone(trained) -> None:
    trained.get_pipe("cot_transformer").model.attrs["name"] = "package:no-such-encoder"
    labelled = [told(name, kind) for name in NAMES for kind in KINDS]
    with pytest.raises(CotnerError, match="cannot load the encoder 'package:no-such-encoder'"):
        fit_readers([trained], labelled)


def test_a_sure_teacher_is_softened_before_the_mean() -> None:
    soft = SoftLabels(["O", "B-LOC"], numpy.asarray([[0.97, 0.03], [0.97, 0.03]], dtype="f"))
    judged = numpy.asarray([[0.1, 0.9], [0.0, 0.0]], dtype="f"), numpy.asarray([True, False])
    rows = _blend(soft, judged).probabilities
    assert rows[0].argmax() == 1
    assert numpy.allclose(rows.sum(1), 1)
    assert numpy.allclose(rows[1], [0.97, 0.03])


def test_compares_on_texts_that_were_not_learnt(trained) -> None:
    labelled = [told(name, kind) for name in NAMES for kind in KINDS]
    readers = fit_readers([trained], labelled)
    readers[0]["cot_ner"].l2 = 0.01  # few texts, but of one pattern
    readers[0]["cot_ner"].fit(labelled)
    unseen = [told(name, kind) for name in ("Omega", "Sigma") for kind in KINDS]
    ((alone, judged),) = compare_readers([trained], readers, unseen).values()
    tags = trained.get_pipe("cot_ner").tags
    for f1, used in ((alone, []), (judged, readers)):
        docs = label_softly([doc.copy() for doc in unseen], [trained], readers=used)
        assert f1 == soft_f1(unseen, [doc._.soft_labels["cot_ner"] for doc in docs], tags)
    assert alone < judged
    with pytest.raises(CotnerError, match="has entities: give annotated ones"):
        compare_readers([trained], readers, [told("Omega", "day", sure=False)])


def test_f1_of_soft_labels() -> None:
    tags = tag_scheme(("LOC",), "bio")
    doc = Doc(NLP.vocab, words=["in", "New", "York", "now"])
    doc.set_ents([Span(doc, 1, 3, "LOC")])
    rows = numpy.asarray([[0.9, 0.1, 0], [0.3, 0.6, 0.1], [0.1, 0.4, 0.5], [0.45, 0, 0.55]], dtype="f")
    # "York" may as well begin an entity of its own; what "now" may be decides.
    for now, f1 in (([0.45, 0, 0.55], 0.0), ([0.6, 0, 0.4], 100.0)):
        rows[3] = now
        assert soft_f1([doc], [SoftLabels(tags.tags, rows)], tags) == f1


def test_f1_of_soft_labels_of_texts_of_any_length() -> None:
    tags = tag_scheme(("LOC",), "bio")
    found = numpy.asarray([[0, 1, 0]], dtype="f")
    missed = numpy.asarray([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.9, 0.1, 0]], dtype="f")
    docs = [Doc(NLP.vocab, words=words) for words in (["Rome"], [], ["to", "Rome", "again"])]
    docs[0].set_ents([Span(docs[0], 0, 1, "LOC")])
    docs[2].set_ents([Span(docs[2], 1, 2, "LOC")])
    soft = [SoftLabels(tags.tags, rows) for rows in (found, found[:0], missed)]
    assert soft_f1(docs, soft, tags) == pytest.approx(200 / 3)  # one of two found: P 1, R 1/2
