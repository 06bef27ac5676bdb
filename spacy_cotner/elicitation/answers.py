"""What came back: a good answer, or the reason why it is not one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """A good answer.

    text (str): What the LLM said.
    model (str): The model that said it, as the server names it.
    prompt_tokens (int): Tokens that were sent, 0 if the server does not tell.
    completion_tokens (int): Tokens that came back.
    """

    text: str
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Rejected(NamedTuple):
    """An answer that was paid for and is not good, or none at all.

    reason (str): In a word or two; counted by it.
    detail (str): What the user may want to know.
    text (str): What there is of an answer.
    model (str): The model, as the server names it.
    prompt_tokens (int): Tokens that were sent.
    completion_tokens (int): Tokens that came back.
    """

    reason: str
    detail: str = ""
    text: str = ""
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


# Asking again may help: the next sample, or the next connection, can be better.
WORTH_RETRYING = frozenset({"empty", "broken", "reasoning only"})

_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_REFUSAL = re.compile(
    r"^\W*(i['’]?m sorry|i am sorry|sorry|i apologi[sz]e|unfortunately)?\W*(but )?(as an ai[^,]*, )?"
    r"i(['’]m| am)? (can['’]?t|cannot|can not|won['’]?t|unable to|not able to) "
    r"(assist|help|comply|fulfil|provide|do that|answer|discuss|identify|engage|continue)",
    re.IGNORECASE,
)


def read_answer(body: Any) -> Answer | Rejected:
    """Judge a chat completion, as the protocol has it.

    body (Any): The decoded JSON of the response.
    RETURNS (Union[Answer, Rejected]): A good answer, or why it is not one.
    """
    outcome = _judge(body)
    fields: list[Any] = [_encodable(x) if isinstance(x, str) else x for x in outcome]
    return Answer(*fields) if isinstance(outcome, Answer) else Rejected(*fields)


def _encodable(text: str) -> str:
    """JSON can hold halves of surrogate pairs, which neither a store nor a Doc can."""
    return text.encode("utf8", "ignore").decode("utf8")


def _judge(body: Any) -> Answer | Rejected:
    try:
        choice = body["choices"][0]
        message = choice["message"]
        finish = choice.get("finish_reason") or ""
        reasoning = message.get("reasoning_content") or message.get("reasoning")
        text = _text_of(message.get("content"))
    except (KeyError, IndexError, TypeError, AttributeError):
        return Rejected("broken", "the response is not a chat completion")
    usage = (str(body.get("model") or ""), *_tokens(body.get("usage")))
    if message.get("refusal"):
        return Rejected("refused", str(message["refusal"]), text, *usage)
    if finish == "content_filter":
        return Rejected("refused", "content filter of the provider", text, *usage)
    if finish == "length":
        return Rejected("truncated", "stopped at max_tokens", text or str(reasoning or ""), *usage)
    thought = _THOUGHT.match(text)
    answer = text[thought.end() :].strip() if thought else text.strip()
    if not answer or answer.startswith("<think>"):
        thinks = bool(thought or answer or reasoning)
        return Rejected("reasoning only" if thinks else "empty", "", text or str(reasoning or ""), *usage)
    if len(answer) < 300 and _REFUSAL.match(answer):
        return Rejected("refused", answer, answer, *usage)
    return Answer(answer, *usage)


def _text_of(content: Any) -> str:
    """Some servers answer in parts."""
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _tokens(usage: Any) -> tuple[int, int]:
    values = usage if isinstance(usage, Mapping) else {}
    prompt, completion = values.get("prompt_tokens"), values.get("completion_tokens")
    return (prompt if isinstance(prompt, int) else 0, completion if isinstance(completion, int) else 0)
