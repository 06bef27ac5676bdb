"""Relations as a networkx graph."""

from __future__ import annotations

import io
import sys

import networkx
import pytest
import spacy
from gold import gold_docs

from spacy_cotner import CotnerError
from spacy_cotner.export import to_graph
from spacy_cotner.export.files import to_text

NLP = spacy.blank("en")
ADA, CHARLES, LONDON = ("Ada Lovelace", "PER"), ("Charles Babbage", "PER"), ("London", "LOC")


def test_entities_are_nodes_and_relations_are_edges():
    graph = to_graph(gold_docs(NLP))
    assert isinstance(graph, networkx.MultiDiGraph)
    assert graph.nodes[LONDON] == {"text": "London", "label": "LOC", "count": 2}
    assert graph.number_of_edges() == 4
    (edge,) = graph[ADA][CHARLES].values()
    assert (edge["label"], edge["score"], edge["doc"]) == ("colleague", 1.0, "1")
    assert not graph.has_edge(CHARLES, ADA)


def test_several_relations_of_a_pair_are_several_edges():
    doc = gold_docs(NLP)[0]
    ada, charles, _ = doc.ents
    doc._.relations = [(ada, charles, "a", 0.5), (ada, charles, "b", 0.25), (charles, ada, "None")]
    edges = to_graph(doc).edges(data=True)
    assert [(head, tail, data["label"], data["score"]) for head, tail, data in edges] == [
        (ADA, CHARLES, "a", 0.5),
        (ADA, CHARLES, "b", 0.25),
    ]


def test_mentions_are_kept_apart_on_request():
    graph = to_graph(gold_docs(NLP), merge=False)
    assert [node for node in graph if node[0] == "London"] == [
        ("London", "LOC", "1", "44-50"),
        ("London", "LOC", "3", "10-16"),
    ]
    assert {data["count"] for _, data in graph.nodes(data=True)} == {1}


def test_ends_of_relations_that_are_no_entities():
    doc = NLP("Ada met Bob")
    doc._.relations = [(doc[0:1], doc[2:3], "met")]
    assert list(to_graph(doc).nodes(data="count")) == [(("Ada", ""), 1), (("Bob", ""), 1)]


def test_graphml_comes_back():
    docs = gold_docs(NLP)
    docs[0]._.relations = [(docs[0].ents[0], docs[0].ents[1], 'a "<label>" & \x0c')]
    text = to_text(docs, "graphml")
    back = networkx.read_graphml(io.BytesIO(text.encode("utf8")), force_multigraph=True)
    graph = to_graph(docs)
    assert back.number_of_edges() == graph.number_of_edges() == 3
    assert [data for _, data in back.nodes(data=True)] == [data for _, data in graph.nodes(data=True)]
    assert 'a "<label>" & \ufffd' in {label for *_, label in back.edges(data="label")}


def test_without_networkx(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    for call in (lambda: to_graph([]), lambda: to_text([], "graphml")):
        with pytest.raises(CotnerError, match=r"pip install 'spacy-cotner\[graph\]'"):
            call()
