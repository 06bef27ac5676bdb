"""OpenAI's Batch API: the same requests at half the price, answered within a day.

Every step is written down before the next one, so that each can be interrupted and repeated:
a batch is noted as "preparing" with its keys, then sent with its name as metadata, then noted as "sent". One
that was sent but not noted is found again by that name.
"""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from typing import IO, Any

import openai

from ..errors import CotnerError
from .answers import Answer, Rejected, read_answer
from .client import describe_error, read_key
from .images import BadPicture
from .money import Budget, Usage, add_usage
from .request import Request
from .settings import ImageSettings, SourceSettings
from .store import AnswerStore

# The provider's limits, with some room: requests and bytes of one batch.
MAX_REQUESTS = 50_000
MAX_BYTES = 190_000_000

PREPARING, SENT, COLLECTED = "preparing", "sent", "collected"


class BatchDesk:
    """Submits, watches and collects batches; the store remembers them.

    settings (SourceSettings): The provider.
    store (AnswerStore): Where answers go.
    budget (Optional[Budget]): What a submission may cost.
    RAISES (CotnerError): If there is no key.
    """

    def __init__(self, settings: SourceSettings, store: AnswerStore, budget: Budget | None = None) -> None:
        if settings.kind != "openai":
            raise CotnerError("batches need --source openai")
        self.store = store
        # What the answers took that were collected.
        self.usage: Usage = {}
        self._budget = budget
        self._key = read_key(settings)
        self._api = openai.OpenAI(
            api_key=self._key or "none",
            base_url=settings.base_url,
            timeout=max(settings.patience, 300.0),  # for uploads
            max_retries=settings.max_retries,
        )

    def submit(self, requests: Iterable[Request]) -> tuple[int, list[str]]:
        """Send what is neither answered nor on its way.

        requests (Iterable[Request]): All requests of a run.
        RETURNS (Tuple[int, List[str]]): How many were sent, and what is wrong.
        RAISES (CotnerError): If the provider refuses.
        """
        self._find_lost()
        sent, problems = 0, []
        seen: set[str] = set()
        file = self._new_file()
        batch: list[Request] = []
        for request in requests:
            if request.key in seen or self._is_known(request.key):
                continue
            seen.add(request.key)
            try:
                line = _line(request)
            except BadPicture as error:
                problems.append(f"{request.text[:60]!r}: {error}")
                continue
            if self._budget and self._budget.hold(request) is None:
                problems.append("stopped: elicit.max_cost is reached; submit again for the rest")
                break
            if batch and (len(batch) >= MAX_REQUESTS or file.tell() + len(line) > MAX_BYTES):
                sent += self._send(file, batch)
                file, batch = self._new_file(), []
            file.write(line)
            batch.append(request)
        return sent + self._send(file, batch), problems

    def _new_file(self) -> IO[bytes]:
        return tempfile.TemporaryFile(suffix=".jsonl")

    def _is_known(self, key: str) -> bool:
        query = "SELECT 1 FROM answers WHERE key = ? UNION ALL SELECT 1 FROM batch_requests WHERE key = ?"
        return any(self.store.select(query, (key, key)))

    def _send(self, file: IO[bytes], requests: list[Request]) -> int:
        if not requests:
            return 0
        name = f"cotner-{uuid.uuid4().hex[:16]}"
        rows = [(r.key, name, r.grain, r.text, r.image, r.body["model"]) for r in requests]
        with self.store.transaction() as db:
            db.execute(
                "INSERT INTO batches VALUES (?, NULL, ?, ?, ?)", (name, PREPARING, len(rows), time.time())
            )
            db.executemany("INSERT OR REPLACE INTO batch_requests VALUES (?, ?, ?, ?, ?, ?)", rows)
        file.seek(0)
        with _clear_errors(self._key):
            uploaded = self._api.files.create(file=(f"{name}.jsonl", file), purpose="batch")
            batch = self._api.batches.create(
                input_file_id=uploaded.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={"cotner": name},
            )
        self._note(name, SENT, batch.id)
        return len(rows)

    def _note(self, name: str, status: str, remote: str | None = None) -> None:
        with self.store.transaction() as db:
            db.execute(
                "UPDATE batches SET status = ?, remote = COALESCE(?, remote) WHERE name = ?",
                (status, remote, name),
            )
            if status == COLLECTED:
                db.execute("DELETE FROM batch_requests WHERE batch = ?", (name,))

    def _find_lost(self) -> None:
        """Batches that were being prepared when the process died: sent after all, or not."""
        lost = {
            name for (name,) in self.store.select("SELECT name FROM batches WHERE status = ?", (PREPARING,))
        }
        if not lost:
            return
        with _clear_errors(self._key):
            remote = {
                (batch.metadata or {}).get("cotner"): batch.id for batch in self._api.batches.list(limit=100)
            }
        for name in lost:
            # What was not sent is given up, and its requests are free to be sent again.
            self._note(name, SENT if name in remote else COLLECTED, remote.get(name))

    def status(self) -> list[tuple[str, str, int, int, int]]:
        """How far open batches are.

        RETURNS (List[Tuple[str, str, int, int, int]]): Id, status, requests, done and failed of each.
        RAISES (CotnerError): If the provider can't be asked.
        """
        self._find_lost()
        rows = []
        for _, remote, _ in list(self._open()):
            with _clear_errors(self._key):
                batch = self._api.batches.retrieve(remote)
            counts = batch.request_counts
            numbers = (counts.total, counts.completed, counts.failed) if counts else (0, 0, 0)
            rows.append((remote, str(batch.status), *numbers))
        return rows

    def _open(self) -> Iterator[tuple[str, str, int]]:
        query = "SELECT name, remote, requests FROM batches WHERE status = ?"
        yield from self.store.select(query, (SENT,))

    def collect(self) -> tuple[int, int, int]:
        """Fetch what is finished.

        RETURNS (Tuple[int, int, int]): Good answers, rejected ones, batches that are still at work.
        RAISES (CotnerError): If the provider can't be asked.
        """
        self._find_lost()
        good = bad = waiting = 0
        for name, remote, _ in list(self._open()):
            with _clear_errors(self._key):
                batch = self._api.batches.retrieve(remote)
                if batch.status not in ("completed", "expired", "cancelled", "failed"):
                    waiting += 1
                    continue
                files = filter(None, (batch.output_file_id, batch.error_file_id))
                contents = [self._api.files.content(file_id) for file_id in files]
            with self.store.transaction():
                fine = [self._store_line(line) for each in contents for line in each.iter_lines() if line]
            good, bad = good + sum(fine), bad + len(fine) - sum(fine)
            # Only now: a collection that was interrupted is done again, and finds its answers there.
            self._note(name, COLLECTED)
        return good, bad, waiting

    def _store_line(self, line: str) -> bool:
        try:
            row = json.loads(line)
        except ValueError:
            raise CotnerError("batch: a line of the results is broken; collect them again") from None
        about = next(
            self.store.select(
                "SELECT key, grain, text, image, asked FROM batch_requests WHERE key = ?", (row["custom_id"],)
            ),
            None,
        )
        if about is None:
            return False
        key, grain, text, image, asked = about
        request = Request(key, grain, {"model": asked, "messages": []}, None, ImageSettings(), text, image)
        response = row.get("response") or {}
        if response.get("status_code", 200) != 200 or row.get("error"):
            self.store.put_rejected(request, Rejected("batch error", str(row.get("error") or response)[:300]))
            return False
        answer = read_answer(response.get("body"))
        add_usage(self.usage, grain, answer.model or asked, answer.prompt_tokens, answer.completion_tokens)
        if isinstance(answer, Answer):
            self.store.put(request, answer)
            return True
        self.store.put_rejected(request, answer)
        return False

    def close(self) -> None:
        """Close the connections."""
        self._api.close()


def _line(request: Request) -> bytes:
    row: dict[str, Any] = {"custom_id": request.key, "method": "POST", "url": "/v1/chat/completions"}
    return json.dumps({**row, "body": request.payload()}).encode("ascii") + b"\n"


class _clear_errors:
    """One line for what the provider says, without the key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, openai.APIError):
            raise CotnerError(f"batch: {describe_error(error, self._key)}") from None
