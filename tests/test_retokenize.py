"""Relations and confidences stay on their words when a later component merges tokens."""

import spacy

from spacy_cotner.types import set_confidences


def test_merged_entities_keep_relations_and_confidence() -> None:
    nlp = spacy.blank("en")
    doc = nlp("Yesterday Ada Lovelace met Charles Babbage in London")
    doc.ents = [
        doc.char_span(10, 22, label="PER"),
        doc.char_span(27, 42, label="PER"),
        doc.char_span(46, 52, label="LOC"),
    ]
    doc._.relations = [(doc.ents[0], doc.ents[1], "met", 0.9), (doc.ents[1], doc.ents[2], "met_in", 0.8)]
    set_confidences(doc, [(ent.start, ent.end, ent.label_, 0.5 + 0.1 * i) for i, ent in enumerate(doc.ents)])
    nlp.add_pipe("merge_entities")
    doc = nlp.get_pipe("merge_entities")(doc)
    assert len(doc) == 6
    found = [(r.head.text, r.label, r.tail.text, r.score) for r in doc._.relations]
    assert found == [
        ("Ada Lovelace", "met", "Charles Babbage", 0.9),
        ("Charles Babbage", "met_in", "London", 0.8),
    ]
    assert [ent._.confidence for ent in doc.ents] == [0.5, 0.6, 0.7]
