"""Claims: what one process is asking, another does not ask; one that dies holds nothing up for long."""

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from spacy_cotner import CotnerError
from spacy_cotner.elicitation import AnswerStore, Elicitor, asker, ledger


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(asker, "PATIENCE", 0.02)


@pytest.fixture
def store(tmp_path):
    store = AnswerStore(tmp_path / "answers.sqlite")
    yield store
    store.close()


def run(settings, docs):
    elicitor = Elicitor(settings)
    try:
        return [outcomes["noun"].status for _, outcomes in elicitor.pipe(docs)]
    finally:
        elicitor.close()


def key_of(settings, doc):
    return Elicitor(settings).plan(doc)[0].key


def claims(tmp_path):
    with sqlite3.connect(tmp_path / "answers.sqlite") as db:
        return db.execute("SELECT COUNT(*) FROM claims").fetchone()[0]


def test_two_at_once_pay_once(nlp, server, settings, tmp_path):
    server.latency = 0.05
    texts = [f"text {n}" for n in range(120)]
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda _: run(settings(source__concurrency=2), map(nlp, texts)), range(3)))
    assert len(server.requests) == 120
    assert [set(each) <= {"answered", "cached"} and len(each) for each in runs] == [120] * 3
    # They share the work instead of following each other.
    assert all("answered" in each for each in runs)
    assert claims(tmp_path) == 0


def test_several_may_make_the_store_at_the_same_moment(tmp_path):
    def open_and_close(path):
        AnswerStore(path).close()

    with ThreadPoolExecutor(8) as pool:
        for n in range(30):
            list(pool.map(open_and_close, [tmp_path / f"{n}.sqlite"] * 8))
            with sqlite3.connect(tmp_path / f"{n}.sqlite") as db:
                assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


PROCESS = """
import sys, spacy
from spacy_cotner.elicitation import Elicitor, load_settings
elicitor = Elicitor(load_settings(None, {"elicit.store": sys.argv[1], "elicit.use": ["noun"],
                                         "elicit.source.base_url": sys.argv[2]}))
nlp = spacy.blank("en")
print("ready", flush=True)
sys.stdin.readline()
print(sorted(doc._.cot["noun"] for doc, _ in elicitor.pipe(nlp(str(n)) for n in range(20))))
elicitor.close()
"""


def test_two_processes_pay_once(server, settings, tmp_path):
    settings()  # sets the key
    server.latency = 0.2
    line = [sys.executable, "-c", PROCESS, str(tmp_path / "answers.sqlite"), server.base_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(line, **pipes) for _ in range(2)]
    for each in both:
        assert each.stdout.readline() == "ready\n"
    for each in both:
        each.stdin.write("go\n")
        each.stdin.flush()
    one, two = [each.communicate(timeout=60)[0] for each in both]
    assert one == two
    assert len(server.requests) == 20


def test_an_answer_that_comes_meanwhile_is_taken(nlp, server, settings, store):
    make, doc = settings(), nlp("Hi")
    assert store.claim([key_of(make, doc)], "other", 60) == {key_of(make, doc): True}
    with ThreadPoolExecutor() as pool:
        waits = pool.submit(run, make, [doc, nlp("free")])
        while len(server.requests) < 1:
            time.sleep(0.01)
        row = (key_of(make, doc), "noun", "Hi", None, "theirs", "m", "m", 1, 1, 0.0)
        assert store.add_rows([row]) == 1
        assert waits.result(10) == ["cached", "answered"]
    assert doc._.cot == {"noun": "theirs"}


def test_the_claims_of_a_dead_process_run_out(nlp, server, settings, store):
    make, doc = settings(), nlp("Hi")
    store.claim([key_of(make, doc)], "dead", 0.3)
    assert store.claim([key_of(make, doc)], "early", 60) == {key_of(make, doc): False}
    assert run(make, [doc]) == ["answered"]
    assert len(server.requests) == 1


def test_claims_are_renewed_while_an_answer_takes_its_time(nlp, server, settings, monkeypatch):
    monkeypatch.setattr(ledger, "LEASE", 0.4)
    server.latency = 1.2
    with ThreadPoolExecutor() as pool:
        runs = pool.map(lambda _: run(settings(), [nlp("Hi")]), range(2))
    assert sorted(status for each in runs for status in each) == ["answered", "cached"]
    assert len(server.requests) == 1


def test_what_failed_is_free_for_others(nlp, server, settings, store, tmp_path):
    server.script = lambda request, times: {"finish_reason": "length"}
    make, doc = settings(), nlp("Hi")
    assert run(make, [doc]) == ["failed"]
    assert claims(tmp_path) == 0


def test_a_run_that_stops_gives_its_claims_up(nlp, server, settings, tmp_path):
    server.script = lambda request, times: 401
    with pytest.raises(CotnerError, match="OPENAI_API_KEY"):
        run(settings(), [nlp(str(n)) for n in range(50)])
    assert claims(tmp_path) == 0


def test_stores_of_the_first_version_get_claims(nlp, settings, store, tmp_path):
    store.close()
    with sqlite3.connect(tmp_path / "answers.sqlite") as db:
        db.execute("DROP TABLE claims")
        db.execute("PRAGMA user_version = 1")
    assert run(settings(), [nlp("Hi")]) == ["answered"]
