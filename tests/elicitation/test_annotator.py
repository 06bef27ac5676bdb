"""`cot_annotator` in a pipeline."""

import json

import pytest
import spacy
from fake_openai import KEY, FakeOpenAI
from spacy.tokens import Doc

from spacy_cotner import CotnerError


def config(server, tmp_path, **more):
    return {
        "store": str(tmp_path / "answers.sqlite"),
        "use": ["noun"],
        "source": {"base_url": server.base_url, "max_retries": 0},
        **more,
    }


@pytest.fixture
def piped(nlp, server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    nlp.add_pipe("cot_annotator", config=config(server, tmp_path))
    yield nlp
    nlp.get_pipe("cot_annotator").close()


def test_one_doc(piped):
    assert piped("Hi Ada")._.cot["noun"].startswith("Explained")


def test_pipe_asks_many_at_once_and_keeps_order(piped, server):
    server.latency = 0.05
    texts = [f"text {n}" for n in range(40)]
    docs = list(piped.pipe(texts, batch_size=1))
    assert [doc.text for doc in docs] == texts
    assert all(doc._.cot for doc in docs)
    assert server.most_at_once > 4


def test_constructing_and_loading_open_nothing(nlp, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    closed = FakeOpenAI().start()
    closed.stop()
    nlp.add_pipe("cot_annotator", config=config(closed, tmp_path, store=str(tmp_path / "s" / "a.sqlite")))
    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    loaded.from_bytes(nlp.to_bytes())
    assert not (tmp_path / "s").exists()
    with pytest.raises(CotnerError, match="can't be reached"):
        loaded("Hi")


def test_local_source_can_be_saved_without_its_extra(nlp, tmp_path, monkeypatch):
    monkeypatch.setattr("spacy_cotner.elicitation.local.find_spec", lambda name: None)
    nlp.add_pipe("cot_annotator", config={"source": {"kind": "local"}})
    nlp.to_disk(tmp_path)
    spacy.load(tmp_path)


def test_saved_with_its_templates_and_without_secrets(nlp, server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    template = tmp_path / "mine.jinja"
    template.write_text("Mine: {{ text }}", encoding="utf8")
    grains = {"mine": {"template": str(template)}}
    nlp.add_pipe("cot_annotator", config=config(server, tmp_path, use=["mine"], grains=grains))
    nlp("Hi")
    nlp.to_disk(tmp_path / "model")
    template.unlink()
    loaded = spacy.load(tmp_path / "model")
    loaded("Hi Ada")
    assert server.requests[-1]["messages"][-1]["content"] == "Mine: Hi Ada"
    for path in (tmp_path / "model").rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()
    assert json.loads((tmp_path / "model" / "cot_annotator" / "templates.json").read_text())


def test_keeps_what_the_doc_carries(piped, server):
    doc = piped.make_doc("Hi")
    doc._.cot = {"noun": "old"}
    assert piped(doc)._.cot == {"noun": "old"}
    assert not server.requests


def test_failures_of_one_doc_warn(piped, server):
    server.script = lambda request, times: {"finish_reason": "length"} if "bad" in str(request) else None
    with pytest.warns(UserWarning, match="no 'noun' for 'a bad one': truncated"):
        docs = list(piped.pipe(["good", "a bad one"]))
    assert [bool(doc._.cot) for doc in docs] == [True, False]


def test_errors_go_to_the_error_handler(piped, server):
    server.script = lambda request, times: 401
    seen = []
    piped.set_error_handler(lambda name, proc, docs, error: seen.append((name, len(docs), str(error))))
    assert list(piped.pipe(["a", "b"])) == []
    name, count, message = seen[0]
    assert (name, count) == ("cot_annotator", 2)
    assert "check the key in OPENAI_API_KEY" in message
    assert KEY not in message


def test_several_processes_share_the_store(piped, server):
    piped("connected before the fork")
    server.requests.clear()
    texts = [f"text {n}" for n in range(8)]
    assert all(doc._.cot for doc in piped.pipe(texts, n_process=2, batch_size=4))
    sent = len(server.requests)
    assert all(doc._.cot for doc in piped.pipe(texts))
    assert (sent, len(server.requests)) == (8, 8)


def test_disabled_it_does_nothing(piped, server):
    with piped.select_pipes(disable="cot_annotator"):
        assert piped("Hi")._.cot == {}
    assert not server.requests


def test_empty_docs_and_empty_streams(piped, server):
    assert list(piped.pipe([])) == []
    assert piped("")._.cot == {}
    doc = Doc(piped.vocab, words=[" "], spaces=[False])
    assert piped(doc)._.cot == {}
    assert not server.requests


def test_wrong_settings_fail_when_added(nlp):
    with pytest.raises(CotnerError, match=r"elicit.source.modle: there is no such setting"):
        nlp.add_pipe("cot_annotator", config={"source": {"modle": "x"}})
