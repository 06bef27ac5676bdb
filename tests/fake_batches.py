"""A fake of OpenAI's Batch API: files, batches, their results, and calls that fail by script."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from typing import Any

from fake_openai import FakeOpenAI, completion


class FakeBatches(FakeOpenAI):
    """`finish()` answers what was submitted. `break_at` names a step that answers 500 after it was done."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.break_at: str | None = None

    async def respond(self, line: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        method, path, _ = line.split()
        path = path.removeprefix("/v1").partition("?")[0]
        step, result = self.route(method, path, body)
        if step == self.break_at:
            self.send(writer, 400, b'{"error": {"message": "broken on purpose"}}')
        else:
            self.send(writer, 200, result if isinstance(result, bytes) else json.dumps(result).encode())
        return True

    def route(self, method: str, path: str, body: bytes) -> tuple[str, Any]:
        if (method, path) == ("POST", "/files"):
            return "upload", self.upload(body)
        if (method, path) == ("POST", "/batches"):
            return "create", self.create(json.loads(body))
        if (method, path) == ("GET", "/batches"):
            return "list", {"object": "list", "data": list(self.batches.values()), "has_more": False}
        if path.startswith("/batches/"):
            return "retrieve", self.batches[path.split("/")[2]]
        return "content", self.files[path.split("/")[2]]

    def upload(self, body: bytes) -> dict[str, Any]:
        lines = [part for part in re.split(rb"\r?\n", body) if part.startswith(b'{"custom_id"')]
        name = f"file-{len(self.files)}"
        self.files[name] = b"\n".join(lines)
        about = {"id": name, "object": "file", "bytes": len(body), "created_at": 0}
        return {**about, "filename": "x", "purpose": "batch", "status": "processed"}

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = f"batch-{len(self.batches)}"
        total = len(self.files[request["input_file_id"]].splitlines())
        counts = {"total": total, "completed": 0, "failed": 0}
        about = {"id": name, "object": "batch", "created_at": 0, "status": "in_progress", **request}
        self.batches[name] = {**about, "request_counts": counts}
        return self.batches[name]

    def submitted(self) -> list[dict[str, Any]]:
        lines = [line for batch in self.batches.values() for line in self.lines(batch)]
        return [json.loads(line) for line in lines]

    def lines(self, batch: dict[str, Any]) -> list[bytes]:
        return self.files[batch["input_file_id"]].splitlines()

    def finish(self, spoil: str = "no text has this") -> None:
        """Answer every open batch; requests with the text `spoil` end in the file of errors."""
        for batch in self.batches.values():
            if batch["status"] != "in_progress":
                continue
            good, bad = [], []
            for line in self.lines(batch):
                row = json.loads(line)
                digest = hashlib.sha256(line).hexdigest()
                if spoil in str(row["body"]):
                    error = {"error": {"message": "spoilt"}}
                    bad.append(
                        {"custom_id": row["custom_id"], "response": {"status_code": 400, "body": error}}
                    )
                else:
                    body = completion(row["body"], None, digest)
                    good.append(
                        {"custom_id": row["custom_id"], "response": {"status_code": 200, "body": body}}
                    )
            for field, rows in (("output_file_id", good), ("error_file_id", bad)):
                if rows:
                    batch[field] = f"{field}-{batch['id']}"
                    self.files[batch[field]] = b"\n".join(json.dumps(row).encode() for row in rows)
            batch["status"] = "completed"
