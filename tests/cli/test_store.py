"""`cotner store` from the command line."""

import json
import time
from functools import partial

import pytest
from commands import cotner

from spacy_cotner.elicitation import AnswerStore
from spacy_cotner.elicitation.answers import Answer, Rejected
from spacy_cotner.elicitation.recorded import RecordedAnswers
from spacy_cotner.elicitation.request import build_request


def fill(path, texts, model="m", grains=("noun", "sentence")):
    store = AnswerStore(path)
    for text in texts:
        for grain in grains:
            messages = [{"role": "user", "content": f"{grain}: {text}"}]
            request = build_request(grain, messages, {"model": model}, text=text, image="1.jpg")
            store.put(request, Answer(f"{grain} of {text} by {model}", model, 10, 5))
    store.put_rejected(request, Rejected("truncated", "", "half", model, 10, 5))
    store.close()


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    fill(tmp_path / "a.sqlite", ["one", "two"])

    return partial(cotner, "store")


def count(path):
    store = AnswerStore(path)
    try:
        return store.count()
    finally:
        store.close()


def test_inspect(run):
    code, output = run("inspect", "a.sqlite", "-n", "1")
    assert code == 0
    assert "noun m 2 20 10" in output
    assert "sentence m truncated 1 10 5" in output
    assert "4 answers" in output
    assert "by m" in output


def test_export_is_what_recorded_reads(run, tmp_path):
    assert run("export", "a.sqlite", "out.jsonl")[0] == 0
    answers = RecordedAnswers(tmp_path / "out.jsonl")
    assert answers.get("two", "1.jpg", "sentence") == "sentence of two by m"
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2


def test_export_of_one_model(run, tmp_path):
    fill(tmp_path / "a.sqlite", ["one"], model="other")
    run("export", "a.sqlite", "out.jsonl", "--model", "other")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["noun"] for row in rows] == ["noun of one by other"]


def test_full_export_and_import_are_lossless(run, tmp_path):
    run("export", "a.sqlite", "out.jsonl", "--full")
    assert "4 new answers" in run("import", "b.sqlite", "out.jsonl")[1]
    assert "0 new answers" in run("import", "b.sqlite", "out.jsonl")[1]
    run("export", "b.sqlite", "again.jsonl", "--full")
    assert (tmp_path / "out.jsonl").read_text() == (tmp_path / "again.jsonl").read_text()


def test_a_broken_import_changes_nothing(run, tmp_path):
    run("export", "a.sqlite", "out.jsonl", "--full")
    with (tmp_path / "out.jsonl").open("a") as file:
        file.write('{"text": "no"}\n')
    code, output = run("import", "b.sqlite", "out.jsonl")
    assert code == 1
    assert "out.jsonl:5: not a row of `store export --full`" in output
    assert count(tmp_path / "b.sqlite") == 0


def test_merge(run, tmp_path):
    fill(tmp_path / "b.sqlite", ["two", "three"])
    assert "2 new answers" in run("merge", "a.sqlite", "b.sqlite")[1]
    assert count(tmp_path / "a.sqlite") == 6
    assert count(tmp_path / "b.sqlite") == 4


def test_prune(run, tmp_path):
    assert "4 answers would be deleted" in run("prune", "a.sqlite", "--model", "m", "--dry-run")[1]
    assert "0 answers were deleted" in run("prune", "a.sqlite", "--older-than", "1")[1]
    assert "2 answers were deleted" in run("prune", "a.sqlite", "--grain", "noun")[1]
    assert "1 answers were deleted" in run("prune", "a.sqlite", "--rejected")[1]
    assert count(tmp_path / "a.sqlite") == 2


def test_prune_by_age(run, tmp_path, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 10 * 24 * 3600)
    assert "4 answers were deleted" in run("prune", "a.sqlite", "--older-than", "9")[1]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["inspect", "nowhere.sqlite"], "nowhere.sqlite: no such store"),
        (["export", "text", "x.jsonl"], "can't be used"),
        (["merge", "a.sqlite", "nowhere.sqlite"], "nowhere.sqlite: no such store"),
        (["merge", "a.sqlite", "text"], "text: the answer store can't be used"),
        (["import", "a.sqlite", "nowhere.jsonl"], "nowhere.jsonl: can't be read"),
        (["prune", "a.sqlite"], "name what to prune"),
    ],
)
def test_bad_input(run, tmp_path, args, message):
    (tmp_path / "text").write_text("no database " * 100)
    code, output = run(*args)
    assert code == 1
    assert message in output
    assert not (tmp_path / "nowhere.sqlite").exists()
