"""`cotner store`: looking after the answer store."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from wasabi import msg, table

from ..elicitation import AnswerStore, store_tools
from ..elicitation.corpus import write_atomically
from ..errors import CotnerError
from .app import app, command

store_app = typer.Typer(name="store", help="Look after the store of answers.", no_args_is_help=True)
app.add_typer(store_app)

StorePath = Annotated[Path, typer.Argument(metavar="STORE", help="SQLite file")]


def open_store(path: Path) -> AnswerStore:
    """path (Path): The file.
    RETURNS (AnswerStore): The store.
    RAISES (CotnerError): If there is none; unlike `elicit`, these commands make none.
    """
    if not path.is_file():
        raise CotnerError(f"{path}: no such store")
    return AnswerStore(path)


@command("inspect", store_app)
def inspect_cli(
    path: StorePath,
    samples: Annotated[int, typer.Option("--samples", "-n", help="Show so many answers")] = 0,
) -> None:
    """Show what is in a store: answers, tokens and days by grain and model, and what was rejected."""
    with closing(open_store(path)) as store:
        header = ("grain", "model", "answers", "tokens sent", "tokens back", "from", "to")
        rows = store_tools.summarize(store)
        print(table(rows, header=header, divider=True, aligns=("l", "l", *"rrr", "l", "l")))
        print(f"{store.count()} answers, {path.stat().st_size / 2**20:.1f} MiB")
        query = "SELECT grain, text, answer FROM answers ORDER BY created DESC LIMIT ?"
        for grain, text, answer in store.select(query, (samples,)):
            print(f"\n[{grain}] {text}\n{answer}")


@command("export", store_app)
def export_cli(
    path: StorePath,
    output_path: Annotated[Path, typer.Argument(metavar="OUTPUT.jsonl", help="- for stdout")],
    model: Annotated[str | None, typer.Option("--model", help="Only answers of this model")] = None,
    full: Annotated[bool, typer.Option("--full", help="Every answer with its key, for `import`")] = False,
) -> None:
    """Write answers as JSON lines that `elicit --answers` reads: a row a text, a field a grain."""
    with closing(open_store(path)) as store:
        rows = store_tools.export_full(store) if full else store_tools.export_recorded(store, model)
        print(f"{_write(rows, output_path)} rows written to {output_path}", file=sys.stderr)


def _write(rows: Iterable[dict[str, Any]], path: Path) -> int:
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    if str(path) == "-":
        sys.stdout.writelines(lines)
    else:
        write_atomically("".join(lines).encode("utf8"), path)
    return len(lines)


@command("import", store_app)
def import_cli(
    path: Annotated[Path, typer.Argument(metavar="STORE", help="SQLite file, made if it is not there")],
    input_path: Annotated[Path, typer.Argument(metavar="INPUT.jsonl", help="From `export --full`")],
) -> None:
    """Read answers that `store export --full` wrote."""
    with closing(AnswerStore(path)) as store:
        msg.good(f"{store_tools.import_full(store, input_path)} new answers in {path}")


@command("merge", store_app)
def merge_cli(
    path: Annotated[Path, typer.Argument(metavar="STORE", help="SQLite file, made if it is not there")],
    others: Annotated[list[Path], typer.Argument(metavar="OTHER...", help="Stores to add")],
) -> None:
    """Add the answers of other stores; where both have one, STORE keeps its own."""
    with closing(AnswerStore(path)) as store:
        for other in others:
            msg.good(f"{store.merge(other)} new answers from {other}")


@command("prune", store_app)
def prune_cli(
    path: StorePath,
    grain: Annotated[str | None, typer.Option("--grain", help="Of this grain")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Of this model")] = None,
    older_than: Annotated[float | None, typer.Option("--older-than", help="Days")] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="Rejected answers, not good ones")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them")] = False,
) -> None:
    """Delete answers for which all conditions hold. What is deleted has to be paid for again."""
    with closing(open_store(path)) as store:
        conditions = {"grain": grain, "model": model, "days": older_than, "rejected": rejected}
        count = store_tools.prune(store, **conditions, really=not dry_run)  # type: ignore[arg-type]
        msg.good(f"{count} answers {'would be' if dry_run else 'were'} deleted")
