"""One client for every provider that speaks OpenAI's protocol."""

from __future__ import annotations

import asyncio
import os
import re
from typing import Any
from urllib.parse import urlsplit

import openai

from ..errors import CotnerError
from .answers import WORTH_RETRYING, Answer, Rejected, read_answer
from .images import BadPicture
from .limits import RateLimits
from .money import Budget
from .request import Request
from .settings import SourceSettings
from .tokens import completion_tokens, prompt_tokens
from .transport import Transport

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SourceDown(CotnerError):
    """Nothing can be had from the source: the run stops, what came is kept."""


class Client:
    """Asks a server. Made without opening anything; lives in one event loop.

    settings (SourceSettings): Which server, how patiently.
    api_key (Optional[str]): The key, if it does not come from the environment.
    budget (Optional[Budget]): What may be spent.
    RAISES (CotnerError): If there is no key.
    """

    def __init__(
        self, settings: SourceSettings, api_key: str | None = None, budget: Budget | None = None
    ) -> None:
        self.settings = settings
        self.sent = 0
        self._key = read_key(settings) if api_key is None else api_key
        self._slots = asyncio.Semaphore(settings.slots)
        self._limits = RateLimits(settings)
        self._budget = budget
        self._answered = False
        self._failures = 0
        self._down: SourceDown | None = None
        self.server: object = None  # an embedded server lives as long as its client
        self._transport = Transport(settings, self._key, self._before_send)

    async def ask(self, request: Request) -> Answer | Rejected:
        """Ask one request, with all retries.

        request (Request): The request.
        RETURNS (Union[Answer, Rejected]): A good answer, or why there is none.
        RAISES (SourceDown): If there is no point in asking anything else.
        """
        async with self._slots:
            if self._down is not None:
                raise self._down  # those that were waiting for a slot
            attempts = 1 + self.settings.answer_retries
            held = self._budget.hold(request, attempts) if self._budget else 0.0
            if held is None:
                return Rejected("max cost", "not sent: elicit.max_cost is reached")
            outcome: Answer | Rejected = Rejected("broken")
            try:
                outcome = await self._ask_patiently(request)
            finally:
                if self._budget:
                    self._budget.settle(request, held, outcome.prompt_tokens, outcome.completion_tokens)
            return self._scrub_outcome(outcome)

    async def _ask_patiently(self, request: Request) -> Answer | Rejected:
        try:
            # Pictures are decoded here, and not earlier: memory holds as many as there are slots.
            payload = await asyncio.to_thread(request.payload) if request.picture else request.body
        except BadPicture as error:
            return Rejected("bad picture", str(error))
        outcome: Answer | Rejected = Rejected("broken")
        prompt = completion = 0
        for _ in range(1 + self.settings.answer_retries):
            if self._limits.counts_tokens:
                await self._limits.tokens(prompt_tokens(request) + completion_tokens(request))
            outcome = await self._ask_once(payload)
            prompt, completion = prompt + outcome.prompt_tokens, completion + outcome.completion_tokens
            if isinstance(outcome, Answer) or outcome.reason not in WORTH_RETRYING:
                break
        # What it took, all attempts together: this is what is paid for.
        return outcome._replace(prompt_tokens=prompt, completion_tokens=completion)

    def stop(self) -> None:
        """Send nothing that is not under way yet."""
        self._down = SourceDown("stopped")

    def resume(self) -> None:
        """Try again after `stop`, or after the source was down."""
        self._down, self._failures = None, 0

    async def _ask_once(self, payload: dict[str, Any]) -> Answer | Rejected:
        # A server that never answered yet gets one retry: waiting long is for those that are known to work.
        retries = self.settings.max_retries if self._answered else min(1, self.settings.max_retries)
        try:
            body = await self._transport.post(payload, retries, self._pause)
        except openai.APIError as error:
            return self._failed(error)
        except ValueError:
            return Rejected("broken", "the response is not JSON")
        self._answered, self._failures = True, 0
        return read_answer(body)

    async def _pause(self, seconds: float) -> None:
        """Wait before another try; meanwhile the slot is free for others."""
        self._slots.release()
        try:
            await asyncio.sleep(seconds)
        finally:
            await self._slots.acquire()
        if self._down is not None:
            raise self._down

    def _failed(self, error: openai.APIError) -> Rejected:
        """Tell what concerns this request from what concerns them all."""
        detail = describe_error(error, self._key)
        self._failures += 1
        if hint := self._fatal(error):
            self._down = SourceDown(f"{self.where}: {detail}; {hint}")
            raise self._down from None
        return Rejected(_reason(error), detail)

    def _fatal(self, error: openai.APIError) -> str:
        settings = self.settings
        status = error.status_code if isinstance(error, openai.APIStatusError) else None
        if status in (401, 403):
            return f"check the key in {settings.api_key_env}"
        if status == 404:
            return f"check elicit.source.model = {settings.model} and elicit.source.base_url"
        if error.code == "insufficient_quota":
            return "the account has no credit left"
        if isinstance(error, openai.APIConnectionError) and not self._answered:
            return "is the server running? set elicit.source.base_url, or --source recorded or local"
        if self._failures >= settings.give_up_after:
            return f"gave up after {self._failures} failures in a row (elicit.source.give_up_after)"
        return ""

    @property
    def where(self) -> str:
        """RETURNS (str): The server's address, without anything secret in it."""
        url = urlsplit(self._transport.base_url)
        return f"{url.scheme}://{url.hostname}{f':{url.port}' if url.port else ''}{url.path}".rstrip("/")

    async def _before_send(self, _: Any) -> None:
        """Called for every attempt, the package's own retries included."""
        await self._limits.request()
        self.sent += 1

    def _scrub(self, text: str) -> str:
        return _scrub(text, self._key)

    def _scrub_outcome(self, outcome: Answer | Rejected) -> Answer | Rejected:
        if not self._key or self._key not in "".join(map(str, outcome)):
            return outcome
        fields: list[Any] = [self._scrub(x) if isinstance(x, str) else x for x in outcome]
        return Answer(*fields) if isinstance(outcome, Answer) else Rejected(*fields)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()


def read_key(settings: SourceSettings) -> str:
    """The key, from the environment and from nowhere else.

    settings (SourceSettings): Names the variable and the server.
    RETURNS (str): The key; empty for a server that needs none.
    RAISES (CotnerError): If the variable is not set.
    """
    name = settings.api_key_env
    key = os.environ.get(name, "").strip() if name else ""
    url = settings.base_url or os.environ.get("OPENAI_BASE_URL") or ""
    if key or name is None or (url and urlsplit(url).hostname in LOOPBACK):
        return key
    raise CotnerError(
        f"no key: set the environment variable {name} (elicit.source.api_key_env = null for a server "
        "that needs none), or use --source recorded or --source local"
    )


def _is_slow(error: openai.APIError) -> bool:
    """Slow to answer; a connection that could not be made is another matter, whatever it is called."""
    return isinstance(error, openai.APITimeoutError) and type(error.__cause__).__name__ != "ConnectTimeout"


def _reason(error: openai.APIError) -> str:
    if _is_slow(error):
        return "timeout"
    if isinstance(error, openai.APIStatusError):
        return "rate limit" if error.status_code == 429 else f"HTTP {error.status_code}"
    return "connection"


def describe_error(error: openai.APIError, key: str) -> str:
    """What went wrong.

    error (openai.APIError): The error.
    key (str): What must not be in the message.
    RETURNS (str): One line.
    """
    return _scrub(_describe(error), key)


def _scrub(text: str, key: str) -> str:
    """Servers repeat keys in their error messages, whole or in part."""
    if key:
        text = text.replace(key, "[key]")
    return re.sub(r"\bsk-[\w*-]{6,}", "[key]", text)


def _describe(error: openai.APIError) -> str:
    if _is_slow(error):
        return "no answer within elicit.source.timeout"
    if isinstance(error, openai.APIStatusError):
        body = error.body if isinstance(error.body, dict) else {}
        text = " ".join(str(body.get("message") or error.message).split())[:300]
        hint = ""
        if "max_completion_tokens" in text:
            hint = ' (set elicit.source.max_tokens_field = "max_completion_tokens")'
        return f"HTTP {error.status_code}: {text}{hint}"
    return "can't be reached"
