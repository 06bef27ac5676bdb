"""Distil an LLM's chain of thought into a small, text-only spaCy pipeline for entities and relations."""

from importlib.metadata import version

from .errors import CotnerError
from .types import GRAINS, NO_RELATION, Relation
from .visual import render

__version__ = version("spacy-cotner")

__all__ = ["GRAINS", "NO_RELATION", "CotnerError", "Relation", "__version__", "render"]
