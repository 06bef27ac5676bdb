"""Relations as RDF, with rdflib (the extra `rdf`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from spacy.tokens import Doc, Span

from ..errors import CotnerError
from ..types import NO_RELATION, Relation
from .names import entity_name, named, plain

if TYPE_CHECKING:
    import rdflib

NAMESPACE = "https://example.org/"
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


def to_rdf(
    docs: Doc | Iterable[Doc], *, namespace: str = NAMESPACE, merge: bool = True, texts: bool = True
) -> rdflib.Graph:
    """Build an RDF graph. In the namespace, with percent-encoded names:

    `entity/LABEL/TEXT` has an `rdfs:label` and the type `type/LABEL`; `relation/LABEL` is the predicate from
    head to tail; `document/NAME` is a `prov:Entity` with the text as `rdf:value`. Each finding is reified
    besides: a `rdf:Statement` with `score`, `prov:wasDerivedFrom` its document.

    docs (Union[Doc, Iterable[Doc]]): One Doc or many.
    namespace (str): An IRI that ends in / or #.
    merge (bool): Take mentions with the same text and label for one entity, also across texts; else every
        mention is one.
    texts (bool): Whether the graph holds the texts.
    RETURNS (rdflib.Graph): The graph. Entities without relations are there, pairs labelled "None" are not.
    RAISES (CotnerError): If rdflib is not installed, or the namespace is no IRI.
    """
    if not IRI.fullmatch(namespace) or namespace[-1] not in "/#":
        raise CotnerError(f"namespace {namespace!r}: expected an IRI that ends in / or #, like {NAMESPACE}")
    writer = _Writer(namespace, merge)
    for name, doc in named(docs):
        writer.add(name, doc, texts)
    return writer.graph


class _Writer:
    """Adds Docs to a graph."""

    def __init__(self, namespace: str, merge: bool) -> None:
        self.rdflib = rdflib = _rdflib()
        self.namespace = namespace
        self.merge = merge
        self.graph = rdflib.Graph()
        self.graph.bind("ns", rdflib.Namespace(namespace))
        for prefix in ("entity", "type", "relation", "document", "statement"):
            self.graph.bind(prefix, rdflib.Namespace(f"{namespace}{prefix}/"))
        self.graph.bind("prov", rdflib.PROV)

    def add(self, name: str, doc: Doc, with_text: bool) -> None:
        rdf, prov = self.rdflib.RDF, self.rdflib.PROV
        document = self.iri("document", name)
        self.graph.add((document, rdf.type, prov.Entity))
        if with_text:
            self.graph.add((document, rdf.value, self.literal(doc.text)))
        for span in doc.ents:
            self.entity(span, name)
        found = (relation for relation in doc._.relations if relation.label != NO_RELATION)
        for number, relation in enumerate(found, start=1):
            statement = self.iri("statement", name, str(number))
            for predicate, value in self._statement(relation, name):
                self.graph.add((statement, predicate, value))
            self.graph.add((statement, prov.wasDerivedFrom, document))

    def _statement(self, relation: Relation, name: str) -> Iterator[tuple[Any, Any]]:
        """The triple itself, and what reifies it."""
        rdf, xsd = self.rdflib.RDF, self.rdflib.XSD
        head, tail = self.entity(relation.head, name), self.entity(relation.tail, name)
        predicate = self.iri("relation", relation.label, safe="/")
        self.graph.add((head, predicate, tail))
        self.graph.add((predicate, rdf.type, rdf.Property))
        self.graph.add((predicate, self.rdflib.RDFS.label, self.literal(relation.label)))
        yield rdf.type, rdf.Statement
        yield rdf.subject, head
        yield rdf.predicate, predicate
        yield rdf.object, tail
        yield self.iri("score"), self.rdflib.Literal(float(relation.score), datatype=xsd.double)

    def entity(self, span: Span, name: str) -> Any:
        text, label, *place = entity_name(span, name, self.merge)
        node = self.iri("entity", label or "_", text, *place)
        self.graph.add((node, self.rdflib.RDFS.label, self.literal(plain(span))))
        if label:
            self.graph.add((node, self.rdflib.RDF.type, self.iri("type", label, safe="/")))
        return node

    def iri(self, *parts: str, safe: str = "") -> Any:
        """No two names share an IRI: a slash stays one only where nothing but a label follows."""
        return self.rdflib.URIRef(self.namespace + "/".join(quote(part, safe=safe) for part in parts))

    def literal(self, text: str) -> Any:
        return self.rdflib.Literal(text)


def _rdflib() -> Any:
    try:
        import rdflib
    except ImportError:
        raise CotnerError("RDF needs rdflib: pip install 'spacy-cotner[rdf]'") from None
    return rdflib
