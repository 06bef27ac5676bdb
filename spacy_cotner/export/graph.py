"""Relations as a graph of entities, with networkx (the extra `graph`)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from spacy.tokens import Doc, Span

from ..characters import xml_safe
from ..errors import CotnerError
from ..types import NO_RELATION
from .names import entity_name, named, plain

if TYPE_CHECKING:
    import networkx


def to_graph(docs: Doc | Iterable[Doc], *, merge: bool = True) -> networkx.MultiDiGraph:
    """Build a graph: entities are nodes, relations are edges from head to tail.

    docs (Union[Doc, Iterable[Doc]]): One Doc or many.
    merge (bool): Take mentions with the same text and label for one entity, also across texts; else every
        mention is a node.
    RETURNS (networkx.MultiDiGraph): Nodes (text, label, …) with `text`, `label`, `count`; edges with `label`,
        `score`, `doc` and the offsets of their mentions. Entities without relations are there, pairs that are
        annotated as "None" are not.
    RAISES (CotnerError): If networkx is not installed.
    """
    graph = _networkx().MultiDiGraph()
    for name, doc in named(docs):
        relations = [relation for relation in doc._.relations if relation.label != NO_RELATION]
        ends = [span for relation in relations for span in (relation.head, relation.tail)]
        for mention in {_offsets(span): span for span in (*doc.ents, *ends)}.values():
            _add_mention(graph, entity_name(mention, name, merge), mention)
        for relation in relations:
            head, tail = (entity_name(span, name, merge) for span in (relation.head, relation.tail))
            graph.add_edge(
                *(head, tail),
                label=relation.label,
                score=float(relation.score),
                doc=name,
                head_start=relation.head.start_char,
                head_end=relation.head.end_char,
                tail_start=relation.tail.start_char,
                tail_end=relation.tail.end_char,
            )
    return graph


def to_graphml(docs: Doc | Iterable[Doc], *, merge: bool = True) -> str:
    """Write the graph as GraphML, which Gephi, yEd, Cytoscape and others read.

    docs (Union[Doc, Iterable[Doc]]): One Doc or many.
    merge (bool): See `to_graph`.
    RETURNS (str): The XML. Nodes are numbered, because it holds no tuples.
    RAISES (CotnerError): If networkx is not installed.
    """
    graph = _networkx().convert_node_labels_to_integers(to_graph(docs, merge=merge))
    nodes, edges = (data for _, data in graph.nodes(data=True)), (data for *_, data in graph.edges(data=True))
    for data in chain(nodes, edges):
        data.update({key: xml_safe(value) for key, value in data.items() if isinstance(value, str)})
    return "\n".join(_networkx().generate_graphml(graph)) + "\n"


def _add_mention(graph: networkx.MultiDiGraph, node: tuple[str, ...], mention: Span) -> None:
    if node not in graph:
        graph.add_node(node, text=plain(mention), label=mention.label_, count=0)
    graph.nodes[node]["count"] += 1


def _offsets(span: Span) -> tuple[int, int, str]:
    return span.start_char, span.end_char, span.label_


def _networkx() -> Any:
    try:
        import networkx
    except ImportError:
        raise CotnerError("graphs need networkx: pip install 'spacy-cotner[graph]'") from None
    return networkx
