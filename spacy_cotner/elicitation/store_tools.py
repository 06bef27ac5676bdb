"""Looking after stores: what is in them, getting it out and in, joining and trimming them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from ..errors import CotnerError
from .store import ANSWER_COLUMNS, AnswerStore

DAY = 24 * 3600


def summarize(store: AnswerStore) -> list[tuple[Any, ...]]:
    """What is in a store.

    store (AnswerStore): The store.
    RETURNS (List[Tuple]): grain, model, answers, tokens sent, tokens back, first and last day; the rejected
        ones with their reason instead of a number of answers.
    """
    good = store.select(
        "SELECT grain, asked, COUNT(*), SUM(prompt_tokens), SUM(completion_tokens), "
        "DATE(MIN(created), 'unixepoch'), DATE(MAX(created), 'unixepoch') "
        "FROM answers GROUP BY grain, asked ORDER BY grain, asked"
    )
    bad = store.select(
        "SELECT grain, asked, reason || ' ' || COUNT(*), SUM(prompt_tokens), SUM(completion_tokens), "
        "DATE(MIN(created), 'unixepoch'), DATE(MAX(created), 'unixepoch') "
        "FROM rejected GROUP BY grain, asked, reason ORDER BY grain, asked"
    )
    return [*good, *bad]


def export_recorded(store: AnswerStore, model: str | None = None) -> Iterator[dict[str, str]]:
    """Answers as `--source recorded` reads them: a row for each text and picture.

    store (AnswerStore): The store.
    model (Optional[str]): Only its answers. Where several models answered, the last answer is taken.
    YIELDS (Dict[str, str]): text, image, and an answer for each grain.
    """
    rows = store.select(
        "SELECT text, image, grain, answer FROM answers WHERE ? IS NULL OR asked = ? "
        "ORDER BY text, image, created",
        (model, model),
    )
    for (text, image), group in groupby(rows, key=itemgetter(0, 1)):
        row = {"text": text, **({"image": image} if image else {})}
        yield {**row, **{grain: answer for _, _, grain, answer in group}}


def export_full(store: AnswerStore) -> Iterator[dict[str, Any]]:
    """store (AnswerStore): The store.
    YIELDS (Dict[str, Any]): Every answer with its key, to be imported elsewhere.
    """
    for row in store.select(f"SELECT {', '.join(ANSWER_COLUMNS)} FROM answers ORDER BY created, key"):
        yield dict(zip(ANSWER_COLUMNS, row, strict=True))


def import_full(store: AnswerStore, path: Path) -> int:
    """Read what `export_full` wrote.

    store (AnswerStore): The store; answers that it has already stay.
    path (Path): JSON lines.
    RETURNS (int): Answers that are new.
    RAISES (CotnerError): If the file can't be read; nothing is imported then.
    """
    try:
        with path.open(encoding="utf8") as lines:
            return store.add_rows(_read_rows(lines, path))
    except (OSError, UnicodeDecodeError) as error:
        raise CotnerError(f"{path}: can't be read ({error})") from None


def _read_rows(lines: Iterable[str], path: Path) -> Iterator[tuple[Any, ...]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield tuple(row[name] for name in ANSWER_COLUMNS)
        except (ValueError, KeyError, TypeError):
            raise CotnerError(
                f"{path}:{number}: not a row of `store export --full`; "
                "recorded answers are read by `elicit --answers`, they need no import"
            ) from None


def prune(
    store: AnswerStore,
    *,
    grain: str | None = None,
    model: str | None = None,
    days: float | None = None,
    rejected: bool = False,
    really: bool = True,
) -> int:
    """Delete answers for which all conditions hold.

    store (AnswerStore): The store.
    grain (Optional[str]): Of this grain.
    model (Optional[str]): Of this model.
    days (Optional[float]): Older than this.
    rejected (bool): The rejected ones instead of the good ones.
    really (bool): Whether to delete them, or only to count them.
    RETURNS (int): How many.
    RAISES (CotnerError): If there is no condition: a store is deleted by deleting its file.
    """
    if grain is model is days is None and not rejected:
        raise CotnerError("name what to prune: --grain, --model, --older-than or --rejected")
    before = None if days is None else time.time() - days * DAY
    where = "(? IS NULL OR grain = ?) AND (? IS NULL OR asked = ?) AND (? IS NULL OR created < ?)"
    values = (grain, grain, model, model, before, before)
    return store.delete("rejected" if rejected else "answers", where, values, really)
