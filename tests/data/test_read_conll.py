"""The Twitter format, and the dirt that is found in it."""

import pytest
import spacy

from spacy_cotner.data.conll import read_conll
from spacy_cotner.data.images import Images
from spacy_cotner.data.repairs import Repairs
from spacy_cotner.errors import CotnerError

NAMES = ["Ada", "King", "Lovelace", "in", "Rome", "Pisa"]


@pytest.fixture
def read(tmp_path):
    def run(content, images=None, **kwargs):
        path = tmp_path / "train.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
        repairs = Repairs()
        docs = list(read_conll(path, spacy.blank("en").vocab, repairs, Images(images, repairs), **kwargs))
        return docs, repairs

    return run


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_texts_tokens_entities_images(read):
    docs, repairs = read("IMGID:17_1\nAda\tB-PER\nin\tO\nNew\tB-LOC\nYork\tI-LOC\n\nIMGID:O_2\nhi\tO\n\n")
    assert [ents(doc) for doc in docs] == [[("Ada", "PER"), ("New York", "LOC")], []]
    assert [doc._.image for doc in docs] == ["17_1.jpg", "O_2.jpg"]
    assert all(doc.has_unknown_spaces and doc.has_annotation("ENT_IOB") for doc in docs)
    assert not repairs.counts


def test_windows_file_without_last_blank_line_equals_clean_file(read):
    clean, _ = read("IMGID:1\nAda\tB-PER\n\nIMGID:2\nhi\tO\n\n")
    dirty, repairs = read(b"\xef\xbb\xbfIMGID:1\r\nAda\tB-PER\r\nIMGID:2\r\nhi\tO")
    assert [doc.to_json() for doc in dirty] == [doc.to_json() for doc in clean]
    assert [doc._.image for doc in dirty] == ["1.jpg", "2.jpg"]
    assert not repairs.counts


@pytest.mark.parametrize(
    "tags",
    ["B-PER I-PER I-PER O B-LOC B-LOC", "B-PER I-PER L-PER O U-LOC U-LOC", "B-PER I-PER E-PER O S-LOC S-LOC"],
)
def test_schemes_mean_the_same(read, tags):
    lines = [f"{word} {tag}" for word, tag in zip(NAMES, tags.split(), strict=True)]
    (doc,), repairs = read("\n".join(lines))
    assert ents(doc) == [("Ada King Lovelace", "PER"), ("Rome", "LOC"), ("Pisa", "LOC")]
    assert not repairs.counts


def test_entity_that_begins_with_i(read):
    text = "a\tO\nAda\tI-PER\nKing\tI-PER\nin\tO\nNew\tB-LOC\nYork\tI-ORG\nFC\tI-ORG\n"
    (doc,), repairs = read(text)
    assert ents(doc) == [("Ada King", "PER"), ("New", "LOC"), ("York FC", "ORG")]
    ((what, count),) = repairs.counts.items()
    assert what.startswith("repaired")
    assert count == 2
    assert [place.rsplit(":")[-1] for place in repairs.places[what]] == ["2", "6"]
    (doc,), repairs = read(text, strict=True)
    assert ents(doc) == [("New", "LOC")]
    ((what, count),) = repairs.counts.items()
    assert what.startswith("dropped")
    assert count == 2


def test_invisible_tokens_stay_and_empty_ones_go(read):
    (doc,), repairs = read("IMGID:1\n\ufe0f\tO\n\u200b\tO\n\u3000\tO\n\tB-PER\nAda\tI-PER\nO\n❤️\tO\n")
    assert [token.text for token in doc] == ["\ufe0f", "\u200b", "\u3000", "Ada", "❤️"]
    assert ents(doc) == [("Ada", "PER")]
    assert repairs.counts["dropped: empty token"] == 2


def test_white_space_is_no_part_of_an_entity(read):
    (doc,), repairs = read("\u3000\tB-PER\nAda\tI-PER\n\u3000\tB-LOC\n")
    assert ents(doc) == [("Ada", "PER")]
    assert sum(repairs.counts.values()) == 2


def test_image_line_without_tokens(read):
    docs, repairs = read("IMGID:1\n\nIMGID:2\nhi\tO\n\nIMGID:3\n")
    assert [doc._.image for doc in docs] == ["2.jpg"]
    assert repairs.counts == {"dropped: IMGID line without tokens": 2}


def test_blank_line_after_image_line_or_inside_a_text(read):
    docs, repairs = read("IMGID:1\n\na\tO\n\nb\tO\n\nIMGID:2\nc\tO\n")
    assert [(doc[0].text, doc._.image) for doc in docs] == [("a", "1.jpg"), ("b", "1.jpg"), ("c", "2.jpg")]
    assert [what.split(":")[0] for what in repairs.counts] == ["noted"]


def test_explanation_after_end_of_sequence(read):
    (doc,), _ = read("IMGID:1\nAda\tB-PER\n<EOS>\tX\nA\tX\nmathematician\tB-X\n")
    assert [token.text for token in doc] == ["Ada"]
    assert doc._.cot == {"knowledge": "A mathematician"}


def test_columns_between_token_and_tag(read):
    (doc,), _ = read("-DOCSTART- -X- -X- O\n\nAda NNP I-NP B-PER\nhttp://t.co/x NN O O\n")
    assert [token.text for token in doc] == ["Ada", "http://t.co/x"]
    assert ents(doc) == [("Ada", "PER")]


def test_images_that_are_there(read, tmp_path):
    (tmp_path / "1.png").touch()
    docs, repairs = read("IMGID:1\na\tO\n\nIMGID:2\nb\tO\n", images=tmp_path)
    assert [doc._.image for doc in docs] == [(tmp_path / "1.png").as_posix(), "2.jpg"]
    assert list(repairs.counts.values()) == [1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("IMGID:1\nAda\tPER\n", "train.txt:2: tag 'PER' is not BIO"),
        ("IMGID:1\nAda\tB-PER\nx\tX\n", "train.txt:3: tag 'X' is not BIO"),
        ("IMGID:1\nAda\tB-\n", "train.txt:2: tag 'B-' is not BIO"),
        ("IMGID:1\nAda\tb-per\n", "train.txt:2: tag 'b-per' is not BIO"),
        ("IMGID:1\nAda\n", "train.txt:2: expected a token, a tab and a tag, found 'Ada'"),
        (b"IMGID:1\nCaf\xe9\tO\n", "train.txt:2: not UTF-8 (byte 0xe9 at position 4)"),
    ],
)
def test_broken_line_is_named(read, content, message):
    with pytest.raises(CotnerError) as error:
        read(content)
    assert message in str(error.value)
