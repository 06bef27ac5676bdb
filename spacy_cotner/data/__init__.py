"""Reading data: files in the formats of the field become Docs, and what had to be mended is counted."""

from .convert import convert
from .repairs import Repairs
from .summary import Summary

__all__ = ["Repairs", "Summary", "convert"]
