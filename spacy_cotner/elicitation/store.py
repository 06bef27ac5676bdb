"""The answer store: a SQLite file that several processes may share.

An answer is committed before anybody hears of it, so that a killed process loses nothing that was received.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import CotnerError
from .answers import Answer, Rejected
from .request import Request

SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, grain TEXT NOT NULL, text TEXT NOT NULL, image TEXT, answer TEXT NOT NULL,
    asked TEXT NOT NULL, model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS rejected (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, grain TEXT NOT NULL, text TEXT NOT NULL, image TEXT,
    answer TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
    asked TEXT NOT NULL, model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS batches (
    name TEXT PRIMARY KEY, remote TEXT, status TEXT NOT NULL, requests INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS batch_requests (
    key TEXT PRIMARY KEY, batch TEXT NOT NULL, grain TEXT NOT NULL, text TEXT NOT NULL, image TEXT,
    asked TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS claims (
    key TEXT PRIMARY KEY, token TEXT NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
"""

ANSWER_COLUMNS = (
    "key",
    "grain",
    "text",
    "image",
    "answer",
    "asked",
    "model",
    "prompt_tokens",
    "completion_tokens",
    "created",
)

_INSERT = "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT key, answer, model, prompt_tokens, completion_tokens FROM answers"
_REJECT = "INSERT INTO rejected VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# A claim that has run out belongs to whoever takes it.
_CLAIM = (
    "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
    "SET token = excluded.token, expires = excluded.expires WHERE token = excluded.token OR expires < ?"
)


class AnswerStore:
    """Answers by the key of their request.

    path (Path): The SQLite file; made with its folder if it is not there.
    RAISES (CotnerError): If it can't be opened, is damaged, or comes from a newer version.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        # One connection for the threads of this process: statements are short.
        self._lock = threading.RLock()
        with self._clear_errors():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
            self._prepare()

    def _prepare(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise CotnerError(
                f"{self.path}: made by a newer version of spacy-cotner; upgrade, or name another store"
            )
        self._switch_to_wal()
        # NORMAL survives the death of the process at any moment; only a power cut can lose the last commits.
        self._db.execute("PRAGMA synchronous = NORMAL")
        if version < SCHEMA_VERSION:
            self._db.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )

    def _switch_to_wal(self, patience: float = 60) -> None:
        """SQLite does not wait for a lock here, although it was told to: another process may be doing the
        same to a new store, or be reading its version."""
        deadline = time.monotonic() + patience
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def get_many(self, keys: Iterable[str]) -> dict[str, Answer]:
        """Look answers up.

        keys (Iterable[str]): Keys of requests.
        RETURNS (Dict[str, Answer]): Key -> answer, for those that are there.
        """
        rows = self._find(_SELECT, list(dict.fromkeys(keys)))
        return {key: Answer(*row) for key, *row in rows}

    def _find(self, query: str, keys: list[str]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with self._clear_errors(), self._lock:
            for start in range(0, len(keys), 500):  # SQLite allows 999 variables in old versions
                part = keys[start : start + 500]
                marks = ",".join("?" * len(part))
                rows += self._db.execute(f"{query} WHERE key IN ({marks})", part)
        return rows

    def in_batches(self, keys: list[str]) -> set[str]:
        """keys (List[str]): Keys of requests.
        RETURNS (Set[str]): Those that were submitted in a batch which was not collected yet.
        """
        return {key for (key,) in self._find("SELECT key FROM batch_requests", keys)}

    def claim(self, keys: list[str], token: str, seconds: float) -> dict[str, Answer | bool]:
        """Say that somebody is about to ask, so that nobody else does. Asking does not need it.

        keys (List[str]): Keys of requests.
        token (str): Who asks.
        seconds (float): How long the claim holds unless it is renewed: a process that dies frees nothing.
        RETURNS (Dict[str, Union[Answer, bool]]): Key -> the answer, if it is there by now; or whether the
            claim was granted.
        """
        with self.transaction() as db:
            answers = self.get_many(keys)
            missing = [key for key in keys if key not in answers]
            now = time.time()
            db.executemany(_CLAIM, [(key, token, now + seconds, now) for key in missing])
            owners = dict(self._find("SELECT key, token FROM claims", missing))
        return {**answers, **{key: owners[key] == token for key in missing}}

    def renew(self, token: str, seconds: float) -> None:
        """token (str): Whose claims hold longer.
        seconds (float): How long from now.
        """
        with self._clear_errors(), self._lock:
            self._db.execute("UPDATE claims SET expires = ? WHERE token = ?", (time.time() + seconds, token))

    def release(self, token: str, keys: Iterable[str] | None = None) -> None:
        """token (str): Whose claims are given up.
        keys (Optional[Iterable[str]]): Only these; all of them, and what others left behind, if not given.
        """
        with self._clear_errors(), self._lock:
            if keys is None:
                self._db.execute("DELETE FROM claims WHERE token = ? OR expires < ?", (token, time.time()))
            else:
                rows = [(key, token) for key in keys]
                self._db.executemany("DELETE FROM claims WHERE key = ? AND token = ?", rows)

    def put(self, request: Request, answer: Answer) -> None:
        """Keep a good answer; when this returns, it is committed.

        request (Request): The request.
        answer (Answer): Its answer. One that is already there stays.
        """
        row = (*_about(request), answer.text, request.body["model"], *answer[1:], time.time())
        with self._clear_errors(), self._lock:
            self._db.execute(_INSERT, row)

    def put_rejected(self, request: Request, rejected: Rejected) -> None:
        """Keep what was paid for and is not good, apart from the answers.

        request (Request): The request.
        rejected (Rejected): What came back.
        """
        about, asked = _about(request), request.body["model"]
        row = (*about, rejected.text, rejected.reason, rejected.detail, asked, *rejected[3:], time.time())
        with self._clear_errors(), self._lock:
            self._db.execute(_REJECT, row)

    def count(self) -> int:
        """RETURNS (int): Answers in the store."""
        return int(next(self.select("SELECT COUNT(*) FROM answers"))[0])

    def select(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """query (str): SQL that only reads.
        values (Tuple[Any, ...]): For its question marks.
        YIELDS (Tuple[Any, ...]): Rows, without loading them all.
        """
        with self._clear_errors():
            yield from self._db.execute(query, values)

    def add_rows(self, rows: Iterable[tuple[Any, ...]]) -> int:
        """Add answers, all of them or, if one is broken, none.

        rows (Iterable[Tuple[Any, ...]]): Values of `ANSWER_COLUMNS`. Answers that are there already stay.
        RETURNS (int): How many are new.
        """
        with self.transaction():
            before = self._db.total_changes
            self._db.executemany(_INSERT, rows)
            return self._db.total_changes - before

    def merge(self, path: Path) -> int:
        """Add the answers of another store.

        path (Path): The other store; it is not changed.
        RETURNS (int): How many are new.
        RAISES (CotnerError): If it is no store.
        """
        if not path.is_file():
            raise CotnerError(f"{path}: no such store")
        AnswerStore(path).close()  # complains if it is none
        with self._clear_errors(), self._lock:
            self._db.execute("ATTACH ? AS other", (str(path),))
            try:
                before = self._db.total_changes
                self._db.execute("INSERT OR IGNORE INTO answers SELECT * FROM other.answers")
                return self._db.total_changes - before
            finally:
                self._db.execute("DETACH other")

    def delete(self, table: str, where: str, values: tuple[Any, ...], really: bool) -> int:
        """Delete rows.

        table (str): The table.
        where (str): SQL condition.
        values (Tuple[Any, ...]): For its question marks.
        really (bool): Whether to delete them, or only to count them.
        RETURNS (int): How many.
        """
        if not really:
            return int(next(self.select(f"SELECT COUNT(*) FROM {table} WHERE {where}", values))[0])
        with self._clear_errors(), self._lock:
            deleted = self._db.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount
            self._db.execute("VACUUM")
        return deleted

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One inside another is part of it.

        YIELDS (sqlite3.Connection): Everything that is written meanwhile is written, or nothing.
        """
        with self._clear_errors(), self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            hint = (
                "delete or restore the file"
                if type(error) is sqlite3.DatabaseError
                else "check disk and permissions"
            )
            raise CotnerError(f"{self.path}: the answer store can't be used ({error}); {hint}") from None


def _about(request: Request) -> tuple[str, str, str, str | None]:
    return request.key, request.grain, request.text, request.image
