"""Leaked labels: found in every notation of annotated data, never in prose."""

import pytest
import spacy

from spacy_cotner.data.leaks import LeakCount, leaked_labels
from spacy_cotner.types import Relation


@pytest.fixture
def make():
    nlp = spacy.blank("en")

    def make(cot, person="PER", place="LOC", text="Marie Curie left Warsaw with Pierre .", relation=None):
        doc = nlp(text)
        ents = [("Marie Curie", person), ("Warsaw", place)]
        starts = [(doc.text.find(mention), mention, label) for mention, label in ents]
        doc.ents = [doc.char_span(at, at + len(mention), label) for at, mention, label in starts if at >= 0]
        if relation:
            pierre = doc.char_span(doc.text.find("Pierre"), doc.text.find("Pierre") + 6)
            doc._.relations = [Relation(doc.ents[0], pierre, relation)]
        doc._.cot = {"noun": cot}
        return doc

    return make


NOTATIONS = [
    "Marie/B-PER Curie/I-PER left Warsaw/B-LOC",
    "Marie B-PER\nCurie I-PER",
    "S-LOC is the tag",
    "1. Marie Curie (PER) 2. Warsaw",
    "the names are **Marie Curie** (PER)",
    '"Marie Curie" (type: x), Warsaw [LOC]',
    "Marie Curie {PER}",
    "marie  curie: PER",
    "Marie Curie - PER",
    "Marie Curie -> PER",
    "Marie Curie → PER, Warsaw → LOC",
    "Marie Curie\tPER",
    "| Marie Curie | PER |",
    "Marie Curie/PER left",
    "Marie Curie = PER",
    "PER: Marie Curie",
    "PER = 'Marie Curie'",
    "**PER**: Marie Curie",
    "PER:\n- Marie Curie\n- Pierre",
    "[Marie Curie](PER) left",
    "[Marie Curie|PER] left",
    '{"text": "Marie Curie", "label": "PER"}',
    '{"label": "PER", "start": 0, "text": "Marie Curie"}',
    '{"Marie Curie": "PER"}',
    '{"PER": ["Marie Curie", "Pierre"]}',
    "<PER>Marie Curie</PER> left",
    '<ent type="PER">Marie Curie</ent>',
]


@pytest.mark.parametrize("cot", NOTATIONS)
def test_notations_are_found(make, cot):
    evidence = leaked_labels(make(cot))
    assert evidence
    assert all(each.startswith("noun: ") for each in evidence)


PROSE = [
    "Marie Curie was a physicist; Warsaw is a location in Poland.",
    "Marie Curie (physicist, person) left Warsaw (the capital of Poland).",
    "Warsaw (location): Marie Curie was born there.",
    "She earned little PER year. Marie Curie left.",
    "A LOC is a line of code. Warsaw: a city.",
    "As per: Marie Curie left",
    "per Marie Curie",
    "Vitamin B-12 and plan B-LOCAL",
    "PERSON: Marie Curie",
    "Marie Curies (PER) are many",
    "",
]


@pytest.mark.parametrize("cot", PROSE)
def test_prose_is_not(make, cot):
    assert leaked_labels(make(cot)) == []


WORDS = [
    "Warsaw (location) is a city",
    "The location: Warsaw",
    "Warsaw - location of the story",
    "person: Marie Curie",
]


@pytest.mark.parametrize("cot", WORDS)
def test_labels_that_are_words_may_be_said(make, cot):
    assert leaked_labels(make(cot, person="person", place="location")) == []


@pytest.mark.parametrize(
    "cot", ["B-location", "[Warsaw](location)", '{"text": "Warsaw", "label": "location"}', "<location>Warsaw"]
)
def test_but_not_in_notation(make, cot):
    assert leaked_labels(make(cot, person="person", place="location"))


def test_the_label_of_another_entity_is_none(make):
    assert leaked_labels(make("Warsaw (PER), Marie Curie (LOC)")) == []


def test_what_the_text_says_itself_is_no_leak(make):
    text = "PER: Marie Curie left Warsaw"
    assert leaked_labels(make("It says PER: Marie Curie.", text=text)) == []
    assert leaked_labels(make("It says Warsaw (LOC).", text=text)) != []


def test_evidence_can_be_read(make):
    cot = "Some words before it, and then Marie Curie (PER) and some words that come behind it"
    assert leaked_labels(make(cot)) == ["noun: before it, and then Marie Curie (PER) and some words tha"]


@pytest.mark.parametrize(
    ("label", "cot"),
    [
        ("/per/per/peer", "They are /per/per/peer, as usual."),
        ("peer", "(Marie Curie, peer, Pierre)"),
        ("peer", "[Marie Curie; Pierre; peer]"),
        ("peer", "peer(Marie Curie, Pierre)"),
        ("peer", "Marie Curie -[peer]-> Pierre"),
        ("peer", "Marie Curie --peer--> Pierre"),
        ("peer", "Marie Curie → peer → Pierre"),
        ("WORKS_WITH", "<Marie Curie, WORKS_WITH, Pierre>"),
        ("peer", '{"tail": "Pierre", "head": "Marie Curie", "relation": "peer"}'),
    ],
)
def test_relations_are_found(make, label, cot):
    assert leaked_labels(make(cot, relation=label))


@pytest.mark.parametrize(
    ("label", "cot"),
    [
        ("peer", "Marie Curie, a peer of Pierre, left."),
        ("peer", "Marie Curie was the peer - and wife - of Pierre"),
        ("peer", "(Marie Curie, Pierre and every peer)"),
        ("/per/per/peer", "They are peers."),
        ("None", "None of them. (Marie Curie, None, Pierre)"),
        ("parent", "(Marie Curie, peer, Pierre)"),
    ],
)
def test_prose_about_relations_is_not(make, label, cot):
    assert leaked_labels(make(cot, relation=label)) == []


def test_odd_mentions_and_labels(make):
    nlp = spacy.blank("en")
    doc = nlp("C++ and [y")
    doc.ents = [doc.char_span(0, 3, "A(B", alignment_mode="expand"), doc.char_span(8, 10, "*")]
    doc._.cot = {"noun": "C++ (A(B) and a * star", "empty": ""}
    assert len(leaked_labels(doc)) == 1
    assert leaked_labels(nlp("")) == []


def test_counting(make):
    count = LeakCount()
    for number in range(200):
        count.add(make("Marie Curie (PER)" if number in (7, 9) else "nothing"))
    count.add(spacy.blank("en")("not explained"))
    assert (count.explained, count.leaking, count.warning()) == (200, 2, "")
    count.add(make("Warsaw (LOC)"))
    assert count.warning().startswith("3 of 201 explained Docs (1.5%) repeat gold labels")
    assert "'noun: Marie Curie (PER)'" in count.warning()
    assert "\n" not in count.warning()
    assert LeakCount().share == 0
