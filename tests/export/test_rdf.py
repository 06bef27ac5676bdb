"""Relations as RDF: what rdflib reads back from the Turtle."""

from __future__ import annotations

import sys
from urllib.parse import unquote

import pytest
import rdflib
import spacy
from gold import gold_docs
from rdflib import PROV, RDF, RDFS, Literal, URIRef
from spacy.tokens import Span

from spacy_cotner import CotnerError
from spacy_cotner.export import to_rdf
from spacy_cotner.export.files import to_text

NLP = spacy.blank("en")
NS = "https://data.test/kb#"


def read(docs, **kwargs) -> rdflib.Graph:
    return rdflib.Graph().parse(data=to_text(docs, "ttl", namespace=NS, **kwargs), format="turtle")


def iri(rest: str) -> URIRef:
    return URIRef(NS + rest)


def test_entities_have_a_name_and_a_type_and_relations_are_triples():
    graph = read(gold_docs(NLP))
    ada, charles = iri("entity/PER/Ada%20Lovelace"), iri("entity/PER/Charles%20Babbage")
    assert (ada, RDFS.label, Literal("Ada Lovelace")) in graph
    assert (ada, RDF.type, iri("type/PER")) in graph
    assert (ada, iri("relation/colleague"), charles) in graph
    assert (charles, iri("relation/colleague"), ada) not in graph
    assert (iri("relation/colleague"), RDF.type, RDF.Property) in graph
    assert (iri("entity/LOC/London"), RDF.type, iri("type/LOC")) in graph


def test_scores_and_where_they_come_from():
    doc = gold_docs(NLP)[0]
    doc.user_data["id"] = "tweet 1"
    ada, charles, _ = doc.ents
    doc._.relations = [(ada, charles, "colleague", 0.25), (charles, ada, "None", 0.9)]
    graph = read([doc])
    (statement,) = graph.subjects(RDF.type, RDF.Statement)
    assert graph.value(statement, RDF.subject) == iri("entity/PER/Ada%20Lovelace")
    assert graph.value(statement, RDF.predicate) == iri("relation/colleague")
    assert graph.value(statement, RDF.object) == iri("entity/PER/Charles%20Babbage")
    assert graph.value(statement, iri("score")) == Literal(0.25, datatype=rdflib.XSD.double)
    document = graph.value(statement, PROV.wasDerivedFrom)
    assert document == iri("document/tweet%201")
    assert (document, RDF.type, PROV.Entity) in graph
    assert graph.value(document, RDF.value) == Literal(doc.text)
    assert not list(to_rdf(doc, texts=False).objects(None, RDF.value))


@pytest.mark.parametrize("label", ["/per/per/peer", "a b", "زار", '<x> "y" {z} | ^ ` \\', "né à", "50%", "."])
def test_any_label_and_any_name(label):
    doc = NLP("居里 met מארי كوري")
    doc.ents = [Span(doc, 0, 1, label), Span(doc, 2, 4, "a/b")]
    doc._.relations = [(*doc.ents, label)]
    graph = read([doc])
    head, tail = iri_of(graph, doc.ents[0].text), iri_of(graph, doc.ents[1].text)
    (predicate,) = graph.predicates(head, tail)
    assert graph.value(predicate, RDFS.label) == Literal(label)
    assert unquote(predicate.removeprefix(NS + "relation/")) == label
    assert all(url.isascii() and not set(url) & set(' <>"{}|^`\\') for url in (head, tail, predicate))


def iri_of(graph: rdflib.Graph, text: str) -> URIRef:
    (subject,) = graph.subjects(RDFS.label, Literal(text))
    assert isinstance(subject, URIRef)
    return subject


def test_a_label_with_a_slash_is_not_another_one():
    doc = NLP("b/c c")
    doc.ents = [Span(doc, 0, 1, "a"), Span(doc, 1, 2, "a/b")]
    assert len(set(read([doc]).subjects(RDFS.label))) == 2


def test_mentions_are_kept_apart_on_request():
    docs = gold_docs(NLP)
    assert len(list(read(docs).subjects(RDFS.label, Literal("London")))) == 1
    assert len(list(read(docs, merge=False).subjects(RDFS.label, Literal("London")))) == 2


def test_the_same_text_every_time():
    assert to_text(gold_docs(NLP), "ttl") == to_text(gold_docs(NLP), "ttl")


@pytest.mark.parametrize(
    "namespace", ["https://data.test/kb", "nothing/", "https://a b/", "", "https://<x>/"]
)
def test_a_namespace_that_is_none(namespace):
    with pytest.raises(CotnerError, match="expected an IRI that ends in / or #"):
        to_rdf([], namespace=namespace)


def test_without_rdflib(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdflib", None)
    with pytest.raises(CotnerError, match=r"pip install 'spacy-cotner\[rdf\]'"):
        to_rdf([])
