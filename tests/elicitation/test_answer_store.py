"""The store: committed at once, shared between processes, clear about files it can't use."""

import sqlite3
import subprocess
import sys

import pytest

from spacy_cotner import CotnerError
from spacy_cotner.elicitation import AnswerStore
from spacy_cotner.elicitation.answers import Answer, Rejected
from spacy_cotner.elicitation.images import Picture
from spacy_cotner.elicitation.request import build_request
from spacy_cotner.elicitation.settings import ImageSettings

MESSAGES = [{"role": "user", "content": "explain: hi"}]
PARAMS = {"model": "m", "max_tokens": 10, "temperature": 0.0}


def request(messages=MESSAGES, params=PARAMS, **kwargs):
    return build_request("noun", messages, params, text="hi", **kwargs)


def test_what_is_put_can_be_got(tmp_path):
    store = AnswerStore(tmp_path / "new" / "a.sqlite")
    store.put(request(), Answer("Hi is a greeting.", "m-2024", 5, 4))
    assert store.get_many([request().key, "other"]) == {
        request().key: Answer("Hi is a greeting.", "m-2024", 5, 4)
    }


def test_an_answer_is_there_for_other_processes_at_once(tmp_path):
    store = AnswerStore(tmp_path / "a.sqlite")
    store.put(request(), Answer("yes"))
    code = (
        "import sys, sqlite3; "
        "print(sqlite3.connect(sys.argv[1]).execute('SELECT answer FROM answers').fetchall())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.sqlite")], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[('yes',)]"


def test_the_first_answer_stays(tmp_path):
    one, two = AnswerStore(tmp_path / "a.sqlite"), AnswerStore(tmp_path / "a.sqlite")
    one.put(request(), Answer("first"))
    two.put(request(), Answer("second"))
    assert two.get_many([request().key])[request().key].text == "first"
    assert one.count() == 1


def test_rejected_answers_are_no_answers(tmp_path):
    store = AnswerStore(tmp_path / "a.sqlite")
    store.put_rejected(request(), Rejected("truncated", "", "Hi is", "m", 5, 4))
    assert store.get_many([request().key]) == {}
    assert store.count() == 0


def test_many_keys(tmp_path):
    store = AnswerStore(tmp_path / "a.sqlite")
    requests = [request([{"role": "user", "content": str(n)}]) for n in range(1200)]
    for each in requests:
        store.put(each, Answer(each.body["messages"][0]["content"]))
    found = store.get_many(each.key for each in requests)
    assert [found[each.key].text for each in requests] == [str(n) for n in range(1200)]


def changed():
    picture = Picture("x.jpg", "d1")
    small = ImageSettings(max_side=32)
    yield "messages", request([{"role": "user", "content": "explain: hello"}])
    yield "system", request([{"role": "system", "content": "s"}, *MESSAGES])
    yield "model", request(params={**PARAMS, "model": "m2"})
    yield "temperature", request(params={**PARAMS, "temperature": 0.5})
    yield "max_tokens", request(params={**PARAMS, "max_tokens": 11})
    yield "seed", request(params={**PARAMS, "seed": 1})
    yield "picture", request(picture=picture)
    yield "other picture", request(picture=Picture("x.jpg", "d2"))
    yield "its size", request(picture=picture, images=small)
    yield "fingerprint", request(fingerprint="93")


def test_everything_that_shapes_the_answer_is_in_the_key():
    keys = [request().key, *(each.key for _, each in changed())]
    assert len(set(keys)) == len(keys)


def test_the_key_does_not_depend_on_where_the_picture_lies():
    assert request(picture=Picture("a/x.jpg", "d1")).key == request(picture=Picture("b/y.jpg", "d1")).key


def test_the_key_is_stable():
    # A change of this value makes every user pay again: raise KEY_VERSION only when answers really change.
    assert request().key == "8c2cd3b61face2a8c544ad85374a8345b0fe3fa038caa46329cb1ee26b135a48"


def test_unusable_files(tmp_path):
    corrupt, newer, folder = tmp_path / "corrupt", tmp_path / "newer", tmp_path / "folder"
    corrupt.write_bytes(b"this is not a database, and long enough to be read as one" * 100)
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    folder.mkdir()
    for path, message in [(corrupt, "not a database"), (newer, "newer version"), (folder, "unable to open")]:
        with pytest.raises(CotnerError, match=message) as error:
            AnswerStore(path)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


def test_damage_found_later_is_a_clear_error_too(tmp_path):
    store = AnswerStore(tmp_path / "a.sqlite")
    with sqlite3.connect(tmp_path / "a.sqlite") as db:
        db.execute("DROP TABLE answers")
    with pytest.raises(CotnerError, match="can't be used"):
        store.put(request(), Answer("x"))
