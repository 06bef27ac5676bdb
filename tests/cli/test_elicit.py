"""`cotner elicit` from the command line."""

import json
from functools import partial

import pytest
import spacy
from commands import cotner
from fake_batches import FakeBatches
from fake_openai import fake_openai
from spacy.tokens import DocBin

TEXTS = ["Hi Ada", "Go Heat", "bye"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    nlp = spacy.blank("en")
    docs = list(nlp.pipe(TEXTS))
    docs[0].ents = [docs[0].char_span(3, 6, "PER")]
    docs[0].cats = {"greeting": 1.0}
    docs[0].user_data["mine"] = 3
    docs[1].spans["group"] = [docs[1][0:1]]
    DocBin(store_user_data=True, docs=docs).to_disk("in.spacy")
    rows = [{"text": text, "noun": f"{text}!", "sentence": f"{text}."} for text in TEXTS]
    (tmp_path / "cot.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return tmp_path


elicit = partial(cotner, "elicit")


def read(name="out.spacy"):
    return list(DocBin().from_disk(name).get_docs(spacy.blank("en").vocab))


def test_recorded_answers(folder):
    code, output = elicit("in.spacy", "out.spacy", "--answers", "cot.jsonl", "--grains", "noun,sentence")
    assert code == 0, output
    assert "noun 0 3 0 0 0" in output
    assert [doc._.cot for doc in read()] == [{"noun": f"{t}!", "sentence": f"{t}."} for t in TEXTS]


def test_gold_labels_in_the_answers_are_told(folder):
    assert "gold labels" not in elicit("in.spacy", "out.spacy", "--answers", "cot.jsonl", "-g", "noun")[1]
    row = {"text": TEXTS[0], "noun": "[Ada](PER) is greeted."}
    (folder / "leaky.jsonl").write_text(json.dumps(row) + "\n")
    args = ["--answers", "leaky.jsonl", "-g", "noun", "--allow-partial"]
    code, output = elicit("in.spacy", "out.spacy", *args)
    assert code == 0
    assert "1 of 1 explained Docs (100.0%) repeat gold labels in their explanation" in output


def test_everything_else_on_the_docs_stays(folder):
    elicit("in.spacy", "out.spacy", "--answers", "cot.jsonl", "--grains", "noun")
    docs = read()
    assert [(ent.text, ent.label_) for ent in docs[0].ents] == [("Ada", "PER")]
    assert docs[0].cats == {"greeting": 1.0}
    assert docs[0].user_data["mine"] == 3
    assert [span.text for span in docs[1].spans["group"]] == ["Go"]


def test_a_live_server_and_settings_from_everywhere(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    (folder / "e.cfg").write_text('[elicit]\nuse = ["sentence"]\n[elicit.source]\nmodel = "from-file"\n')
    with fake_openai() as server:
        args = ["in.spacy", "out.spacy", "-c", "e.cfg", "--elicit.source.base_url", server.base_url]
        code, output = elicit(*args, "--elicit.source.extra.seed", "7", "-n", "2")
        assert code == 0, output
        assert [(each["model"], each["seed"]) for each in server.requests] == [("from-file", 7)] * 2
        assert len(read()) == 2
        assert elicit(*args, "--elicit.source.extra.seed", "7")[0] == 0
        assert len(server.requests) == 3


def test_partial_failure_writes_what_came_and_says_so(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with fake_openai(lambda request, times: 400 if "Heat" in str(request) else None) as server:
        args = ["in.spacy", "out.spacy", "--grains", "noun", "--elicit.source.base_url", server.base_url]
        code, output = elicit(*args)
        assert code == 1
        assert "Doc 1 ('Go Heat'): noun: HTTP 400" in output
        assert "1 answers are missing" in output
        assert [bool(doc._.cot) for doc in read()] == [True, False, True]
        assert elicit(*args, "--allow-partial")[0] == 0


def test_dry_run_sends_and_writes_nothing(folder):
    code, output = elicit("in.spacy", "out.spacy", "--dry-run", "--grains", "noun")
    assert code == 0, output
    assert "noun 3 0 0" in output
    assert "Prices of 20" in output
    assert {path.name for path in folder.iterdir()} == {"in.spacy", "cot.jsonl"}


def test_dry_run_knows_what_is_cached(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with fake_openai() as server:
        args = ["in.spacy", "out.spacy", "--grains", "noun", "--elicit.source.base_url", server.base_url]
        elicit(*args, "-n", "2")
        assert "noun 1 2 0" in elicit(*args, "--dry-run")[1]
        assert len(server.requests) == 2


def test_usage_and_cost_are_told(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with fake_openai() as server:
        args = ["in.spacy", "out.spacy", "--grains", "noun", "--elicit.source.base_url", server.base_url]
        assert "noun gpt-4o-mini 3 300 60 0.0001" in elicit(*args)[1]
        assert "tokens sent" not in elicit(*args)[1]


def test_never_costs_more_than_allowed(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    # A dollar a token that comes back: 20 an answer, and 2 * 300 held while one is under way.
    prices = {"date": "2025-01-01", "models": {"gpt-4o-mini": {"input": 0, "output": 1e6}}}
    (folder / "prices.json").write_text(json.dumps(prices))
    with fake_openai() as server:
        args = ["in.spacy", "out.spacy", "--grains", "noun", "--elicit.source.base_url", server.base_url]
        args += ["--elicit.prices", "prices.json", "--elicit.source.concurrency", "1"]
        code, output = elicit(*args, "--max-cost", "630")
        assert code == 1
        assert "max cost 1" in output
        assert "2 200 40 40.0000" in output
        assert len(server.requests) == 2
        assert elicit(*args, "--max-cost", "630")[0] == 0
        assert (
            "no price for unknown" in elicit(*args, "--max-cost", "1", "--elicit.source.model", "unknown")[1]
        )


def test_batches(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    server = FakeBatches().start()
    args = [
        "in.spacy",
        "out.spacy",
        "--grains",
        "noun",
        "--elicit.source.base_url",
        server.base_url,
        "--batch",
    ]
    assert "3 requests submitted" in elicit(*args, "submit")[1]
    assert "batch-0 in_progress 3" in elicit(*args, "status")[1]
    code, output = elicit(*args, "collect")
    assert (code, "in a batch 3" in output) == (1, True)
    # Not even a run without batches pays for them again.
    code, output = elicit(*args[:-1])
    assert (code, "in a batch 3" in output) == (1, True)
    server.finish()
    code, output = elicit(*args, "collect")
    assert (code, "3 answers collected, 0 rejected; 0 batches still at work" in output) == (0, True)
    # 3 x (100 x 0.15 + 20 x 0.60) / million, at half the price
    assert "noun gpt-4o-mini 3 300 60 0.0000" in output
    assert "50% less through the Batch API" in output
    server.stop()
    assert all(doc._.cot["noun"].startswith("Explained") for doc in read())
    assert "submit, status or collect" in elicit(*args, "send")[1]


def test_a_folder_gives_a_folder(folder):
    (folder / "corpus" / "b").mkdir(parents=True)
    for name in ("a.spacy", "b/c.spacy"):
        (folder / "corpus" / name).write_bytes((folder / "in.spacy").read_bytes())
    (folder / "out" / "old").mkdir(parents=True)
    assert elicit("corpus", "out", "--answers", "cot.jsonl", "--grains", "noun")[0] == 0
    for name in ("out/a.spacy", "out/b/c.spacy"):
        assert [doc._.cot["noun"] for doc in read(name)] == [f"{text}!" for text in TEXTS]
    assert sorted(path.name for path in folder.iterdir()) == ["corpus", "cot.jsonl", "in.spacy", "out"]
    assert not (folder / "out" / "old").exists()
    assert elicit("corpus", "one.spacy", "--answers", "cot.jsonl", "--grains", "noun", "-n", "4")[0] == 0
    assert len(read("one.spacy")) == 4


def empty_corpus(folder):
    DocBin().to_disk(folder / "in.spacy")


def corrupt_corpus(folder):
    (folder / "in.spacy").write_bytes(b"no corpus")


BAD = {
    "missing corpus": (None, ["nowhere.spacy"], "nowhere.spacy: can't be read"),
    "empty corpus": (empty_corpus, [], "in.spacy: no Docs in it"),
    "corrupt corpus": (corrupt_corpus, [], "in.spacy: not a .spacy file"),
    "missing answers": (None, ["--answers", "nowhere.jsonl"], "nowhere.jsonl: can't read"),
    "no answers named": (None, ["--source", "recorded"], "name the file with --answers"),
    "unknown grain": (None, ["--grains", "nuon"], "unknown grain 'nuon'"),
    "unknown source": (None, ["--source", "gpt"], "elicit.source.kind: input should be 'openai', 'local' or"),
    "unknown setting": (None, ["--elicit.sorce.model", "x"], "elicit.sorce: there is no such setting"),
    "other section": (None, ["--training.seed", "1"], "unknown setting --training.seed"),
    "no key": (None, [], "no key: set the environment variable OPENAI_API_KEY"),
    "missing config": (None, ["--config", "nowhere.cfg"], "nowhere.cfg: can't read the config"),
    "config of another kind": (None, ["--config", "cot.jsonl"], "cot.jsonl: not a valid config"),
    "missing template": (None, ["--elicit.grains.noun.template", "x.jinja"], "no template 'x.jinja'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_leaves_the_old_output(folder, monkeypatch, name):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    prepare, args, message = BAD[name]
    args = list(args)
    if prepare:
        prepare(folder)
    (folder / "out.spacy").write_text("old")
    paths = [args.pop(0) if args[:1] == ["nowhere.spacy"] else "in.spacy", "out.spacy"]
    code, output = elicit(*paths, *args)
    assert code == 1
    assert message in output
    assert "Traceback" not in output
    assert (folder / "out.spacy").read_text() == "old"
