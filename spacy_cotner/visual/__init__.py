"""Seeing: entities as coloured spans on lines of text, relations as labelled arcs above: SVG and HTML."""

from .compare import Tally, compare_docs
from .picture import Link, Mark, Picture, picture_of
from .rendering import render

__all__ = ["Link", "Mark", "Picture", "Tally", "compare_docs", "picture_of", "render"]
