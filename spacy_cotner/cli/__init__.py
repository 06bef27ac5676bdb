"""Commands: thin wrappers over library functions, one file each."""

from spacy.cli._util import app as spacy_app

from . import (  # noqa: F401 - importing registers the commands
    augment,
    calibrate,
    convert,
    crossfit,
    elicit,
    export,
    inspect,
    label,
    pretrain,
    render,
    report,
    store,
)
from .app import app

spacy_app.add_typer(app, name="cotner")

__all__ = ["app"]
