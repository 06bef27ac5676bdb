"""An event loop in a thread of its own: the caller may be inside one already, as in a notebook."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any


class Background:
    """A running loop.

    name (str): Of its thread.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True, name=name)
        self._thread.start()

    def call(self, function: Callable[..., Any], *args: Any) -> None:
        """function (Callable): Called in the loop, soon.
        *args (Any): With these.
        """
        self.loop.call_soon_threadsafe(function, *args)

    def run(self, coroutine: Coroutine[Any, Any, Any], seconds: float = 10.0) -> Any:
        """coroutine (Coroutine): Run in the loop.
        seconds (float): How long to wait for it.
        RETURNS (Any): What it returns.
        """
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def stop(self) -> None:
        """End the loop and its thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
