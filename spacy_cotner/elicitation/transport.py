"""Sending one request, as often as it takes.

The `openai` package configures the connection: address, proxies, certificates, organization. Its own way from
a dictionary to the wire takes twice the CPU of the wire itself, which is what limits the rate of a client; so
requests go to its HTTP client directly, and what it does about failures is done here: the same errors, the
same cases for another try, the same waits.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import openai

from .settings import SourceSettings

# Seconds: the first wait without advice, the longest one, and the longest one that a server may ask for.
FIRST_WAIT, LONGEST_WAIT, LONGEST_ADVICE = 0.5, 8.0, 120.0

Pause = Callable[[float], Awaitable[None]]


class Transport:
    """Connections to a server. Lives in one event loop.

    settings (SourceSettings): Which server, how long to wait for it.
    key (str): The key, empty for a server that needs none.
    before_send (Callable[[Any], Awaitable[None]]): Called before every attempt.
    """

    def __init__(
        self, settings: SourceSettings, key: str, before_send: Callable[[Any], Awaitable[None]]
    ) -> None:
        self._http = _http_client(timeout=settings.patience, event_hooks={"request": [before_send]})
        # The package insists on a key.
        api = openai.AsyncOpenAI(api_key=key or "none", base_url=settings.base_url, http_client=self._http)
        self.base_url = str(api.base_url)
        about = {"OpenAI-Organization": api.organization, "OpenAI-Project": api.project}
        self._http.headers.update({name: value for name, value in about.items() if value})
        self._http.headers.update({"Content-Type": "application/json", "Accept": "application/json"})
        if key:
            self._http.headers["Authorization"] = f"Bearer {key}"
        self._url = api.base_url.join("chat/completions")
        self._turn = asyncio.Lock()
        # The HTTP library, which is not the same for all versions of the package.
        self._errors = sys.modules[type(api.base_url).__module__.partition(".")[0]]

    async def post(self, payload: dict[str, Any], retries: int, pause: Pause) -> Any:
        """Ask for a chat completion.

        payload (Dict[str, Any]): The request.
        retries (int): How often to try again.
        pause (Callable[[float], Awaitable[None]]): Waits before another try.
        RETURNS (Any): The decoded JSON.
        RAISES (openai.APIError): If the server can't be reached or refuses; ValueError if it sent no JSON.
        """
        content = json.dumps(payload).encode("ascii")
        for attempt in range(retries + 1):
            try:
                return await self._try(content)
            except openai.APIError as error:
                wait = _wait(error, attempt)
                if attempt == retries or wait is None:
                    raise
            await pause(wait)
        raise AssertionError("unreachable")

    async def _try(self, content: bytes) -> Any:
        await self._take_turn()
        try:
            response = await self._http.post(self._url, content=content)
        except self._errors.TimeoutException as error:
            raise openai.APITimeoutError(error.request) from error
        except (self._errors.HTTPError, OSError) as error:
            raise openai.APIConnectionError(request=self._http.build_request("POST", self._url)) from error
        if response.is_success:
            return json.loads(response.content)
        raise _status_error(response)

    async def _take_turn(self) -> None:
        """One request is begun in each turn of the loop, so that it is on the wire before the next is built.

        Without that, answers that arrive together leave together, and all slots wait for the last of them.
        """
        await self._turn.acquire()
        asyncio.get_running_loop().call_soon(self._turn.release)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _http_client(**settings: Any) -> Any:
    """The transport on aiohttp costs less CPU; the other is always there."""
    with suppress(AttributeError, RuntimeError):
        return openai.DefaultAioHttpClient(**settings)
    return openai.DefaultAsyncHttpxClient(**settings)


def _status_error(response: Any) -> openai.APIStatusError:
    try:
        body = response.json()
    except ValueError:
        body = None
    error = body.get("error", body) if isinstance(body, Mapping) else None
    return openai.APIStatusError(response.text[:300], response=response, body=error)


def _wait(error: openai.APIError, attempt: int) -> float | None:
    """error (openai.APIError): What went wrong.
    attempt (int): How often it was tried before.
    RETURNS (Optional[float]): Seconds until another try makes sense, None if none does.
    """
    backoff = min(FIRST_WAIT * 2**attempt, LONGEST_WAIT) * random.uniform(0.75, 1.0)
    if not isinstance(error, openai.APIStatusError):
        return backoff
    headers, status = error.response.headers, error.status_code
    again = {"true": True, "false": False}.get(headers.get("x-should-retry", ""))
    if again is None:
        again = status in (408, 409, 429) or status >= 500
    if not again or error.code == "insufficient_quota":
        return None
    advice = _advice(headers)
    if advice is None:
        return backoff
    # All that were turned away together should not come back together.
    return advice * random.uniform(1.0, 1.1) if advice <= LONGEST_ADVICE else None


def _advice(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in all its forms."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        value = headers.get(name, "")
        with suppress(ValueError):
            return max(float(value) / unit, 0.0)
        with suppress(ValueError, TypeError):
            return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    return None
