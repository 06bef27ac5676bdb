"""Recorded answers: a JSONL file instead of an LLM, for samples, tests and papers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import CotnerError

# Fields that say which text a row is about; every other string is the answer of the grain of that name.
ABOUT = frozenset({"id", "image", "image_id", "text"})


class RecordedAnswers:
    """Answers by text, and by picture where a text occurs with several.

    path (Path): JSONL with {"text": …, "image": … (optional), "noun": …, any other grain: …}.
    RAISES (CotnerError): If the file can't be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows: dict[tuple[str, str], dict[str, str]] = {}
        try:
            with path.open(encoding="utf8") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        self._add(line, number)
        except (OSError, UnicodeDecodeError) as error:
            raise CotnerError(f"{path}: can't read the recorded answers ({error})") from None
        if not self._rows:
            raise CotnerError(f"{path}: no recorded answers in it")

    def _add(self, line: str, number: int) -> None:
        try:
            row = json.loads(line)
            text = row["text"]
        except (ValueError, KeyError, TypeError):
            raise CotnerError(f'{self.path}:{number}: not a JSON object with a "text"') from None
        if not isinstance(text, str):
            raise CotnerError(f'{self.path}:{number}: "text" is not a string')
        answers = {
            name: x for name, x in row.items() if name not in ABOUT and isinstance(x, str) and x.strip()
        }
        # The first row of a text also stands for the text without its picture.
        for key in ((_squeeze(text), _stem(row)), (_squeeze(text), "")):
            self._rows.setdefault(key, {}).update(
                {name: x for name, x in answers.items() if name not in self._rows[key]}
            )

    def get(self, text: str, image: str | None, grain: str) -> str | None:
        """The recorded answer.

        text (str): The text; white space does not count, tokenizers change it.
        image (Optional[str]): The picture; its name counts, not its folder or suffix.
        grain (str): The grain.
        RETURNS (Optional[str]): The answer, None if there is none.
        """
        words = _squeeze(text)
        row = self._rows.get((words, Path(image).stem if image else "")) or self._rows.get((words, ""), {})
        return row.get(grain)


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _stem(row: dict[str, Any]) -> str:
    image = row.get("image") or row.get("image_id")
    return Path(str(image)).stem if image else ""
