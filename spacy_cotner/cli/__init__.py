"""Commands: thin wrappers over library functions, one file each."""

from spacy.cli._util import app as spacy_app

from . import augment, convert, elicit, export, inspect, render, report, store  # noqa: F401 - registers them
from .app import app

spacy_app.add_typer(app, name="cotner")

__all__ = ["app"]
