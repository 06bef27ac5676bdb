"""The bundled sample in `assets/sample` keeps what its README promises."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import spacy
from PIL import Image

SAMPLE = Path(__file__).parent.parent / "assets" / "sample"
SPLITS = ("train", "dev", "test")
LABELS = {"PER", "ORG", "LOC", "MISC"}
SCHEMA = {
    "works_for": {("PER", "ORG")},
    "member_of": {("PER", "ORG")},
    "born_in": {("PER", "LOC")},
    "located_in": {("LOC", "LOC"), ("ORG", "LOC")},
    "created": {("PER", "MISC"), ("ORG", "MISC")},
    "part_of": {("ORG", "ORG")},
}
Row = dict[str, Any]


def read(name: str) -> list[Row]:
    """Read one JSONL file of the sample."""
    with (SAMPLE / f"{name}.jsonl").open(encoding="utf8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def posts() -> dict[str, list[Row]]:
    return {split: read(split) for split in SPLITS}


@pytest.fixture(scope="module")
def rows(posts: dict[str, list[Row]]) -> list[Row]:
    return [row for split in SPLITS for row in posts[split]]


def test_enough_posts_and_no_duplicates(posts: dict[str, list[Row]], rows: list[Row]) -> None:
    assert {split: len(posts[split]) for split in SPLITS} == {"train": 100, "dev": 25, "test": 25}
    assert len({row["id"] for row in rows}) == len(rows) >= 145
    assert len({row["text"].lower() for row in rows}) == len(rows)
    assert all(row["id"].startswith(f"{split}-") for split in SPLITS for row in posts[split])


def test_spans_are_tokens_and_do_not_overlap(rows: list[Row]) -> None:
    nlp = spacy.blank("en")
    for row in rows:
        doc = nlp(row["text"])
        assert 8 <= len(doc) <= 35, row["id"]
        last = 0
        for span in row["spans"]:
            assert span["label"] in LABELS, row["id"]
            assert span["start"] >= last, f"{row['id']}: unordered or overlapping spans"
            found = doc.char_span(span["start"], span["end"])
            assert found is not None, f"{row['id']}: {row['text'][span['start'] : span['end']]!r}"
            last = span["end"]


def test_relations_fit_the_schema(rows: list[Row]) -> None:
    for row in rows:
        pairs = [(relation["head"], relation["tail"]) for relation in row["relations"]]
        assert len(set(pairs)) == len(pairs), row["id"]
        for relation in row["relations"]:
            assert 0 <= relation["head"] < len(row["spans"]), row["id"]
            assert 0 <= relation["tail"] < len(row["spans"]), row["id"]
            types = tuple(row["spans"][relation[end]]["label"] for end in ("head", "tail"))
            assert types in SCHEMA[relation["label"]], row["id"]


def test_counts_per_split(posts: dict[str, list[Row]]) -> None:
    for split, relations, entities in (("train", 20, 25), ("dev", 4, 5), ("test", 4, 5)):
        found = Counter(r["label"] for row in posts[split] for r in row["relations"])
        labels = Counter(s["label"] for row in posts[split] for s in row["spans"])
        assert set(found) == set(SCHEMA)
        assert set(labels) == LABELS
        assert min(found.values()) >= relations, found
        assert min(labels.values()) >= entities, labels
        assert any(not row["spans"] for row in posts[split]), "a post without entities"
        assert any(len(row["spans"]) > 1 and not row["relations"] for row in posts[split])


def test_most_names_of_dev_and_test_are_new(posts: dict[str, list[Row]]) -> None:
    names = {
        split: {row["text"][s["start"] : s["end"]].lower() for row in posts[split] for s in row["spans"]}
        for split in SPLITS
    }
    for split in ("dev", "test"):
        assert len(names[split] & names["train"]) <= 0.1 * len(names[split])


def test_pictures_are_small_and_open(rows: list[Row]) -> None:
    with_picture = [row for row in rows if "image" in row]
    assert len(with_picture) >= 25
    for row in rows:
        assert ("image" in row) == bool(row.get("caption")), row["id"]
    for row in with_picture:
        path = SAMPLE / row["image"]
        assert path.stat().st_size < 40_000, path
        with Image.open(path) as image:
            image.load()
            assert max(image.size) <= 256, path
    on_disk = {f"images/{path.name}" for path in (SAMPLE / "images").iterdir()}
    assert on_disk == {row["image"] for row in with_picture}


def test_every_post_has_recorded_answers(rows: list[Row]) -> None:
    answers = {row["id"]: row for row in read("cot")}
    assert answers.keys() == {row["id"] for row in rows}
    for row in rows:
        answer = answers[row["id"]]
        assert answer["text"] == row["text"], row["id"]
        assert answer.get("image") == row.get("image"), row["id"]
        assert ("multimodality" in answer) == ("image" in row), row["id"]
        for grain, low, high in (("noun", 20, 60), ("sentence", 15, 40), ("multimodality", 15, 40)):
            if grain in answer:
                assert low <= len(answer[grain].split()) <= high, (row["id"], grain)
                assert not re.search(r"\b(PER|ORG|LOC|MISC)\b|\w_(in|of|for)\b", answer[grain]), row["id"]
