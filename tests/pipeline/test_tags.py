"""Tag schemes against enumeration."""

from __future__ import annotations

import itertools

import pytest
import spacy
import torch
from spacy.training import offsets_to_biluo_tags

from spacy_cotner.modules import crf
from spacy_cotner.modules.crf import FORBIDDEN
from spacy_cotner.pipeline.ner import _with_confidence
from spacy_cotner.pipeline.tags import TagScheme

SCHEMES = ["bio", "bilou"]
# Entities of a text of four tokens.
ENTITIES = [
    [],
    [(0, 1, "A")],
    [(0, 4, "A")],
    [(0, 2, "A"), (2, 4, "A")],
    [(1, 2, "A"), (2, 4, "B")],
    [(0, 1, "B"), (1, 2, "B"), (3, 4, "A")],
]


def encode(tags: TagScheme, entities, length=4):
    biluo = ["O"] * length
    for start, end, label in entities:
        inside = ["B", *["I"] * (end - start - 2), "L"] if end - start > 1 else ["U"]
        biluo[start:end] = [f"{prefix}-{label}" for prefix in inside]
    return [tags.encode(tag) for tag in biluo]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("entities", ENTITIES)
def test_round_trip(scheme, entities):
    tags = TagScheme(["A", "B"], scheme)
    assert tags.decode(encode(tags, entities)) == entities


@pytest.mark.parametrize("scheme", SCHEMES)
def test_path_is_what_encode_gives(scheme):
    tags = TagScheme(["A", "B"], scheme)
    for start, end in itertools.combinations(range(5), 2):
        assert encode(tags, [(start, end, "B")])[start:end] == tags.path(end - start, "B")


def test_tags_of_the_schemes():
    assert TagScheme(["A"], "bio").tags == ["O", "B-A", "I-A"]
    assert TagScheme(["A"], "bilou").tags == ["O", "B-A", "I-A", "L-A", "U-A"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_constraints_allow_exactly_the_tag_sequences_of_entities(scheme):
    tags = TagScheme(["A", "B"], scheme)
    limits = tags.constraints()

    def allowed(path):
        total = limits.start[path[0]] + limits.end[path[-1]]
        return total + sum(limits.transitions[a, b] for a, b in itertools.pairwise(path)) > FORBIDDEN / 2

    legal = {path for path in itertools.product(range(len(tags.tags)), repeat=3) if allowed(path)}
    # All ways to put entities on three tokens.
    spans = [(s, e, label) for s, e in itertools.combinations(range(4), 2) for label in "AB"]
    layouts = [
        chosen
        for n in range(4)
        for chosen in itertools.combinations(spans, n)
        if all(a[1] <= b[0] for a, b in itertools.pairwise(chosen))
    ]
    assert legal == {tuple(encode(tags, chosen, 3)) for chosen in layouts}


def test_missing_and_unknown_annotation_says_nothing():
    tags = TagScheme(["A"], "bio")
    assert [tags.encode(tag) for tag in (None, "", "-", "O", "U-A", "B-X")] == [None, None, None, 0, 1, None]


def test_spacys_tags_are_understood():
    doc = spacy.blank("en").make_doc("Ada Lovelace in London")
    biluo = offsets_to_biluo_tags(doc, [(0, 12, "PER"), (16, 22, "LOC")])
    tags = TagScheme(["LOC", "PER"], "bilou")
    assert tags.decode([tags.encode(tag) for tag in biluo]) == [(0, 2, "PER"), (3, 4, "LOC")]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("seed", range(3))
def test_confidence_is_the_probability_of_exactly_this_entity(scheme, seed):
    tags, length = TagScheme(["A", "B"], scheme), 4
    torch.manual_seed(seed)
    n = len(tags.tags)
    limits = tags.constraints()
    mask = torch.tensor([[True] * length + [False]])
    potentials = crf.add_boundaries(torch.randn(1, length + 1, n), mask, limits.start, limits.end)
    transitions = torch.randn(n, n) + limits.transitions

    def score(path):
        score = sum(potentials[0, i, t] for i, t in enumerate(path))
        return float(score + sum(transitions[a, b] for a, b in itertools.pairwise(path)))

    paths = list(itertools.product(range(n), repeat=length))
    weights = torch.softmax(torch.tensor([score(path) for path in paths]), 0)
    by_entity: dict = {}
    for path, weight in zip(paths, weights.tolist(), strict=True):
        if weight > 1e-9:
            for entity in tags.decode(path):
                by_entity[entity] = by_entity.get(entity, 0.0) + weight
    assert len(by_entity) == 2 * 10
    (rows,) = _with_confidence(tags, [list(by_entity)], potentials, transitions, mask)
    for start, end, label, confidence in rows:
        assert confidence == pytest.approx(by_entity[start, end, label], abs=1e-4)
