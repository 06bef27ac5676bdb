"""A full disk: said clearly, and what was stored before is still there."""

import pytest

from spacy_cotner import CotnerError
from spacy_cotner.elicitation import AnswerStore, Elicitor


def test_full_disk(nlp, server, settings, tmp_path, monkeypatch):
    class SmallDisk(AnswerStore):
        def _prepare(self):
            super()._prepare()
            self._db.execute("PRAGMA max_page_count = 16")

    monkeypatch.setattr("spacy_cotner.elicitation.session.AnswerStore", SmallDisk)
    server.script = lambda request, times: "long answer " * 200
    elicitor = Elicitor(settings(source__concurrency=1))
    with pytest.raises(CotnerError, match=r"answers.sqlite: .*full.*check disk"):
        list(elicitor.pipe(nlp(str(n)) for n in range(100)))
    elicitor.close()
    # One answer may be lost to the disk; nobody pays for a hundred that can't be kept.
    assert len(server.requests) - 3 <= AnswerStore(tmp_path / "answers.sqlite").count() < 100
