"""Counting tokens before they are sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from .request import Request

# The protocol wraps every message in a few tokens of its own.
PER_MESSAGE = 4


def prompt_tokens(request: Request, image_tokens: int = 0) -> int:
    """The tokens of a request.

    request (Request): The request.
    image_tokens (int): What a picture counts for.
    RETURNS (int): Counted if `counts_exactly` for its model, estimated if not.
    """
    texts = [message["content"] for message in request.body["messages"]]
    count = _counter(request.body["model"])
    return sum(map(count, texts)) + PER_MESSAGE * len(texts) + (image_tokens if request.picture else 0)


def completion_tokens(request: Request) -> int:
    """RETURNS (int): The most that a request can bring back."""
    limits = (request.body.get(name) for name in ("max_tokens", "max_completion_tokens"))
    return max((limit for limit in limits if isinstance(limit, int)), default=0)


def counts_exactly(model: str) -> bool:
    """RETURNS (bool): Whether its tokenizer is here (extra `tokens`); else they are estimated."""
    return _counter(model) is not _estimate


def _estimate(text: str) -> int:
    # About four bytes a token in English; other scripts have more bytes and more tokens.
    return len(text.encode("utf8")) // 4 + 1


@lru_cache(maxsize=8)
def _counter(model: str) -> Callable[[str], int]:
    try:
        from bpe_openai import encoding_for_model

        encode = encoding_for_model(model).encode
    except Exception:  # not installed, or a model that it does not know
        return _estimate
    # System prompts repeat: once is enough.
    return lru_cache(maxsize=256)(lambda text: len(encode(text)))
