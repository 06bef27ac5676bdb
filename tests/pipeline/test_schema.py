"""Which types may stand in which relation: given, learnt, refused."""

from __future__ import annotations

import pytest
import srsly

from spacy_cotner import CotnerError
from spacy_cotner.inverses import Inverses
from spacy_cotner.pipeline.schema import TypeMask, make_schema, read_schema

PARENT = Inverses(["couple"], {"parent_of": "child_of"})
PER, ORG, NOBODY = frozenset({"PER"}), frozenset({"ORG"}), frozenset()


def test_three_ways_to_give_it(tmp_path):
    by_label = {"lives": [["PER", "LOC"], ["ORG", "LOC"]]}
    rows = [["ORG", "lives", "LOC"], ["PER", "lives", "LOC"]]
    expected = {"lives": [["ORG", "LOC"], ["PER", "LOC"]]}
    assert read_schema(by_label, Inverses()) == read_schema(rows, Inverses()) == expected
    srsly.write_json(tmp_path / "schema.json", rows)
    assert read_schema(str(tmp_path / "schema.json"), Inverses()) == expected


def test_what_holds_in_the_other_direction_is_added():
    assert read_schema([["PER", "parent_of", "ORG"], ["A", "couple", "B"]], PARENT) == {
        "child_of": [["ORG", "PER"]],
        "couple": [["A", "B"], ["B", "A"]],
        "parent_of": [["PER", "ORG"]],
    }


def test_learnt_from_typed_relations_only():
    rows = [("lives", "PER", "LOC"), ("lives", "", "LOC"), ("lives", "PER", "LOC")]
    assert make_schema(rows, Inverses()) == {"lives": [["PER", "LOC"]]}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("nowhere.json", "cannot read the schema 'nowhere.json'"),
        (7, "this is no schema: 7"),
        ([["PER", "LOC"]], "this is no schema"),
        ({"lives": ["PER", "LOC"]}, "entry 'lives' holds no pairs of types"),
        ({"lives": "PER"}, "entry 'lives' holds no pairs of types"),
    ],
)
def test_bad_schema_is_one_clear_line(value, message):
    with pytest.raises(CotnerError, match=message) as error:
        read_schema(value, Inverses())
    assert 'give "auto"' in str(error.value)
    assert "\n" not in str(error.value)


def test_mask():
    mask = TypeMask({"works": [["PER", "ORG"]]}, ["works", "unnamed"])
    assert mask.row(PER, ORG) == [True, True]
    assert mask.row(ORG, PER) == [False, True]  # a label that the schema does not name is free
    assert mask.row(NOBODY, PER) == [True, True]  # a span without a type, too
    assert mask.row(PER | ORG, ORG) == [True, True]  # one of two types is enough
    assert mask.table([PER, ORG]).shape == (2, 2, 2)
    assert mask.table([]).shape == (0, 0, 2)
    assert not mask.allows(ORG, ORG, "works")
    assert mask.types == set()
    assert TypeMask({"works": [["PER", "ORG"]]}, ["works"]).types == {"PER", "ORG"}


@pytest.mark.parametrize(
    ("symmetric", "inverse"), [(["a"], {"a": "b"}), (["a", "a"], {}), ([], {"a": "b", "b": "a"})]
)
def test_a_relation_is_declared_once(symmetric, inverse):
    with pytest.raises(CotnerError, match="stands more than once in symmetric and inverse"):
        Inverses(symmetric, inverse)


def test_inverses():
    assert [PARENT.of(label) for label in ("couple", "parent_of", "child_of", "other")] == [
        "couple",
        "child_of",
        "parent_of",
        None,
    ]
    assert PARENT.canonical((4, 5, 0, 1), "child_of") == ((0, 1, 4, 5), "parent_of")
    assert PARENT.canonical((4, 5, 0, 1), "parent_of") == ((4, 5, 0, 1), "parent_of")
    assert PARENT.canonical((4, 5, 0, 1), "couple") == ((0, 1, 4, 5), "couple")
    assert PARENT.canonical((0, 1, 4, 5), "couple") == ((0, 1, 4, 5), "couple")
    assert not Inverses()
