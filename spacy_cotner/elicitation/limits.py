"""Requests and tokens per minute."""

from __future__ import annotations

from aiolimiter import AsyncLimiter

from .settings import SourceSettings


class RateLimits:
    """Waits as long as the provider's limits ask for. Lives in one event loop.

    settings (SourceSettings): `rpm` and `tpm`.
    """

    def __init__(self, settings: SourceSettings) -> None:
        # Requests are spread evenly: many providers cut a minute into seconds.
        self._requests = AsyncLimiter(1, 60 / settings.rpm) if settings.rpm else None
        self._tokens = AsyncLimiter(settings.tpm, 60) if settings.tpm else None

    @property
    def counts_tokens(self) -> bool:
        """RETURNS (bool): Whether it wants to know about tokens."""
        return self._tokens is not None

    async def request(self) -> None:
        """Wait until a request may be sent."""
        if self._requests is not None:
            await self._requests.acquire()

    async def tokens(self, count: int) -> None:
        """count (int): Tokens of the request; waits until so many may be sent."""
        if self._tokens is not None:
            # More than a whole minute's worth could never be sent: it waits for an empty minute.
            await self._tokens.acquire(min(count, self._tokens.max_rate))
