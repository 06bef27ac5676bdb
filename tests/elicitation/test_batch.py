"""The Batch API: safe to interrupt at every step, and nothing is sent or paid for twice."""

import contextlib

import pytest
from fake_batches import FakeBatches
from fake_openai import KEY
from PIL import Image

from spacy_cotner import CotnerError
from spacy_cotner.elicitation import AnswerStore, Elicitor, batch
from spacy_cotner.elicitation.batch import BatchDesk
from spacy_cotner.elicitation.money import Budget, PriceList, bill, total_cost


@pytest.fixture
def provider():
    server = FakeBatches().start()
    yield server
    server.stop()


@pytest.fixture
def desk(provider, settings, tmp_path):
    store = AnswerStore(tmp_path / "answers.sqlite")
    desk = BatchDesk(settings(source__base_url=provider.base_url, source__max_retries=0).source, store)
    yield desk
    desk.close()
    store.close()


def requests(nlp, settings, texts, **more):
    elicitor = Elicitor(settings(**more))
    return [part for text in texts for part in elicitor.plan(nlp(text))]


TEXTS = ["one", "two", "three", "two"]


def test_the_whole_way(nlp, provider, desk, settings):
    asked = requests(nlp, settings, TEXTS)
    assert desk.submit(asked) == (3, [])
    assert desk.status() == [("batch-0", "in_progress", 3, 0, 0)]
    assert desk.collect() == (0, 0, 1)
    provider.finish()
    assert desk.collect() == (3, 0, 0)
    assert len(desk.store.get_many(each.key for each in asked)) == 3
    assert desk.status() == []


def test_the_same_requests_as_in_a_live_run(nlp, provider, desk, settings, server):
    desk.submit(requests(nlp, settings, ["one"]))
    elicitor = Elicitor(settings(store=None))
    list(elicitor.pipe([nlp("one")]))
    elicitor.close()
    assert provider.submitted()[0]["body"] == server.requests[0]
    assert provider.submitted()[0]["url"] == "/v1/chat/completions"


def test_what_is_on_its_way_or_answered_is_not_sent_again(nlp, provider, desk, settings):
    desk.submit(requests(nlp, settings, TEXTS))
    assert desk.submit(requests(nlp, settings, [*TEXTS, "four"])) == (1, [])
    provider.finish()
    desk.collect()
    assert desk.submit(requests(nlp, settings, [*TEXTS, "four"])) == (0, [])
    assert len(provider.submitted()) == 4


def test_failed_ones_can_be_sent_again(nlp, provider, desk, settings):
    desk.submit(requests(nlp, settings, TEXTS))
    provider.finish(spoil="three")
    assert desk.collect() == (2, 1, 0)
    assert desk.submit(requests(nlp, settings, TEXTS)) == (1, [])


@pytest.mark.parametrize("step", ["upload", "create", "list", "retrieve", "content"])
def test_interrupted_anywhere(nlp, provider, desk, settings, step):
    asked = requests(nlp, settings, TEXTS)
    for broken in (step, None):
        provider.break_at = broken
        for action in (lambda: desk.submit(asked), provider.finish, desk.collect):
            with contextlib.suppress(CotnerError):
                action()
    desk.collect()
    assert len(desk.store.get_many(each.key for each in asked)) == 3
    # A batch that was made though its answer was lost is found again, not made twice.
    assert len(provider.submitted()) == 3


def test_what_it_took_is_counted_once(nlp, provider, desk, settings):
    desk.submit(requests(nlp, settings, TEXTS))
    provider.finish()
    desk.collect()
    desk.collect()
    assert desk.usage == {("noun", "gpt-4o-mini"): (3, 300, 60)}
    prices = PriceList()
    full, half = total_cost(desk.usage, prices), total_cost(desk.usage, prices, prices.batch_discount)
    assert half == pytest.approx(full / 2)
    assert f"total {half:.4f}" in " ".join(bill(desk.usage, prices, 0.5).split())


def test_no_more_is_submitted_than_may_be_spent(nlp, provider, settings, tmp_path):
    asked = requests(nlp, settings, ["one", "two", "three"])
    most = [Budget(PriceList(), 1.0).hold(each) for each in asked]
    store = AnswerStore(tmp_path / "answers.sqlite")
    source = settings(source__base_url=provider.base_url).source
    # Half the price buys twice as much.
    budget = Budget(PriceList(), (most[0] + most[1]) / 2 * 1.001, 0.5)
    desk = BatchDesk(source, store, budget)
    assert desk.submit(asked) == (2, ["stopped: elicit.max_cost is reached; submit again for the rest"])
    desk.close()
    store.close()


def test_a_broken_result_is_told_and_stores_nothing(nlp, provider, desk, settings):
    desk.submit(requests(nlp, settings, TEXTS))
    provider.finish()
    name = provider.batches["batch-0"]["output_file_id"]
    whole, provider.files[name] = provider.files[name], provider.files[name][:-20]
    with pytest.raises(CotnerError, match="batch: a line of the results is broken; collect them again"):
        desk.collect()
    assert desk.store.count() == 0
    provider.files[name] = whole
    assert desk.collect() == (3, 0, 0)


def test_refusals_are_one_line_without_the_key(nlp, provider, desk, settings):
    provider.break_at = "upload"
    with pytest.raises(CotnerError, match="batch: HTTP 400: broken on purpose") as error:
        desk.submit(requests(nlp, settings, TEXTS))
    assert KEY not in str(error.value)


def test_large_runs_are_split(nlp, provider, desk, settings, monkeypatch):
    monkeypatch.setattr(batch, "MAX_REQUESTS", 2)
    assert desk.submit(requests(nlp, settings, ["a", "b", "c", "d", "e"])) == (5, [])
    assert [each["request_counts"]["total"] for each in provider.batches.values()] == [2, 2, 1]


def test_pictures_are_sent_and_bad_ones_named(nlp, provider, desk, settings, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    (tmp_path / "y.png").write_bytes(b"bad")
    elicitor = Elicitor(settings(use=["multimodality"], images__root=str(tmp_path)))
    docs = [nlp("one"), nlp("two")]
    docs[0]._.image, docs[1]._.image = "x.png", "y.png"
    sent, problems = desk.submit(part for doc in docs for part in elicitor.plan(doc))
    assert sent == 1
    assert "'two': not a readable picture" in problems[0]
    assert "data:image/jpeg" in str(provider.submitted()[0])


def test_other_sources_have_no_batches(settings, tmp_path):
    with pytest.raises(CotnerError, match="batches need --source openai"):
        BatchDesk(settings(source__kind="local").source, AnswerStore(tmp_path / "a.sqlite"))
