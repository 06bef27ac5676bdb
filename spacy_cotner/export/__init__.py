"""Relations for other programs: tables, JSONL, graphs and RDF."""

from .graph import to_graph
from .jsonl import to_record
from .rdf import to_rdf
from .table import to_rows

__all__ = ["to_graph", "to_rdf", "to_record", "to_rows"]
