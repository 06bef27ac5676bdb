"""The `python -m spacy cotner` application: its root, and how commands report errors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import typer
from wasabi import Printer

from ..errors import CotnerError

# For commands that ask an LLM.
ANSWERS_KEPT = "stopped; answers that came are in the store, the same command goes on from there"

app = typer.Typer(
    name="cotner",
    help="Distil an LLM's chain of thought into a small spaCy pipeline.",
    no_args_is_help=True,
)


def command(
    name: str, group: typer.Typer = app, *, stopped: str = "stopped", **settings: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a command that ends bad input with one line on stderr and exit status 1.

    name (str): The name on the command line.
    group (typer.Typer): The application that it belongs to.
    stopped (str): What is said on Ctrl-C: what is kept, and how to go on.
    **settings (Any): Anything else that `typer` wants to know about it.
    RETURNS (Callable): A decorator; the decorated function stays callable from Python.
    """

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                func(*args, **kwargs)
            except (CotnerError, OSError) as error:
                typer.echo(Printer(no_print=True).fail(str(error)), err=True)
                raise typer.Exit(1) from None
            except KeyboardInterrupt:
                typer.echo(Printer(no_print=True).warn(stopped), err=True)
                raise typer.Exit(130) from None

        group.command(name, **settings)(run)
        return func

    return decorate
