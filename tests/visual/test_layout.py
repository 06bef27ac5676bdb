"""Text, boxes and arcs get places where nothing runs into anything else."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from spacy_cotner.visual.arcs import place_arcs
from spacy_cotner.visual.layout import Layout
from spacy_cotner.visual.picture import Link, Mark, Picture
from spacy_cotner.visual.pieces import cut, is_rtl
from spacy_cotner.visual.widths import text_width

WIDTH = 500.0


def lay_out(text, marks=(), width=WIDTH, rtl=False, needs=None):
    pieces = cut(text, marks, 16, rtl)
    return Layout(pieces, list(marks), needs or [30.0] * len(marks), 16, width, rtl)


def words_of(layout):
    """The words of each line from left to right."""
    return [[run.text for run in sorted(line.runs, key=lambda run: run.x)] for line in layout.lines]


def marks_on(text, *words):
    return [Mark(text.index(word), text.index(word) + len(word), "X") for word in words]


def random_picture(seed):
    """Words with marks on them that nest and cross, and links between any of them."""
    random.seed(seed)
    words = ["a" * random.randint(1, 12) for _ in range(60)]
    starts = [sum(len(w) + 1 for w in words[:i]) for i in range(len(words))]
    marks = []
    for _ in range(random.randint(2, 15)):
        first = random.randrange(55)
        last = first + random.randrange(4)
        marks.append(Mark(starts[first], starts[last] + len(words[last]), f"L{len(marks)}"))
    n = random.randint(1, 30)
    links = [Link(random.randrange(len(marks)), random.randrange(len(marks)), f"label_{i}") for i in range(n)]
    return Picture(" ".join(words), marks, links)


@pytest.mark.parametrize("rtl", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_nothing_overlaps(seed, rtl):
    picture = random_picture(seed)
    layout = lay_out(picture.text, picture.marks, rtl=rtl)
    lines = place_arcs(picture, layout, [link.label for link in picture.links], 11, rtl)
    shown = "".join(run.text for line in layout.lines for run in line.runs)
    assert sorted(shown.replace(" ", "")) == sorted(picture.text.replace(" ", ""))
    mains = {box.mark: box for line in layout.lines for box in line.boxes if box.is_main}
    assert sorted(mains) == list(range(len(picture.marks)))
    for line, arcs in zip(layout.lines, lines, strict=True):
        for a, b in combinations(sorted(line.runs, key=lambda run: run.x), 2):
            assert a.x + a.width <= b.x + 0.01
        for a, b in combinations(line.boxes, 2):
            apart = a.x1 <= b.x0 + 0.01 or b.x1 <= a.x0 + 0.01
            assert apart or a.row != b.row
        for a, b in combinations(arcs, 2):
            apart = a.extent[1] < b.extent[0] or b.extent[1] < a.extent[0]
            assert apart or a.level != b.level, (a, b)
        for arc in arcs:
            link = picture.links[arc.link]
            for x, here, mark in ((arc.x0, arc.has_head, link.head), (arc.x1, arc.has_tail, link.tail)):
                assert not here or mains[mark].x0 < x < mains[mark].x1
    ends = [x for arcs in lines for arc in arcs for x in (arc.has_head, arc.has_tail) if x]
    assert len(ends) == 2 * len(picture.links)


def test_lines_are_broken_at_the_width_and_marks_are_kept_whole():
    text = "one two three four five six seven eight nine ten eleven twelve"
    marks = marks_on(text, "five six seven")
    layout = lay_out(text, marks, width=170.0)
    assert len(layout.lines) > 2
    assert max(line.width for line in layout.lines) <= 170
    (line,) = [line for line in layout.lines if line.boxes]
    assert "five six seven" in [run.text for run in line.runs]
    assert len(lay_out(text, marks, width=None).lines) == 1


def test_a_mark_that_is_wider_than_a_line_goes_over_several_with_one_label():
    text = "a very long name of an organisation that no line of this width can hold at all"
    layout = lay_out(text, [Mark(2, len(text), "ORG")], width=150.0)
    boxes = [box for line in layout.lines for box in line.boxes]
    assert len(boxes) > 2
    assert sum(box.is_main for box in boxes) == 1


def test_a_new_line_of_the_text_is_one_of_the_picture():
    assert words_of(lay_out("\n\nfirst line\n\nsecond")) == [["first line"], ["second"]]


def test_words_from_right_to_left():
    text = "שלום עולם גדול"
    assert is_rtl(text)
    marks = marks_on(text, "עולם")
    ((last, middle, first),) = words_of(lay_out(text, marks, rtl=True))
    assert (first, middle, last) == ("שלום", "עולם", "גדול")
    layout = lay_out(text * 9, width=200.0, rtl=True)
    edges = [max(run.x + run.width for run in line.runs) for line in layout.lines]
    assert edges == pytest.approx([layout.width] * len(layout.lines))


@pytest.mark.parametrize(
    ("text", "rtl", "visual"),
    [
        # Words of the other direction keep their own order: the neighbours of "New York" stay in place.
        ("גר ב New York City היום", True, ["היום", "New York City", "גר ב"]),
        ("he said שלום עולם twice", False, ["he said", "שלום עולם", "twice"]),
        ("הטיסה Boeing 747 נחתה", True, ["נחתה", "Boeing 747", "הטיסה"]),
        ("בשנת 1921 היה", True, ["בשנת 1921 היה"]),
    ],
)
def test_two_directions_on_one_line(text, rtl, visual):
    assert words_of(lay_out(text, rtl=rtl)) == [visual]


def test_a_mark_inside_an_arabic_word_keeps_the_shapes_of_its_letters():
    text = "بباريس"
    runs = lay_out(text, [Mark(1, len(text), "LOC")], rtl=True).lines[0].runs
    assert {run.text for run in runs} == {"ب\u200d", "\u200dباريس"}
    assert runs[0].x + runs[0].width <= runs[1].x


def test_chinese_is_broken_without_spaces():
    assert len(lay_out("居里夫人出生于华沙曾在巴黎大学工作" * 3, width=200.0).lines) > 3


def test_nested_marks_stand_in_each_other():
    text = "at the University of Paris today"
    outer, inner = marks_on(text, "University of Paris", "Paris")
    line = lay_out(text, [outer, inner]).lines[0]
    big, small = sorted(line.boxes, key=lambda box: box.mark)
    assert (big.row, small.row) == (1, 0)
    assert big.x0 < small.x0 < small.x1 < big.x1


def test_a_mark_of_white_space_can_be_seen():
    layout = lay_out("a  b", [Mark(1, 3, "SPACE")])
    assert "␣" in words_of(layout)[0]


@pytest.mark.parametrize(
    ("a", "b"),
    [("é", "e"), ("👨‍👩‍👧‍👦", "👨"), ("👍🏽", "👍"), ("🇦🇷", "🎂"), ("e\u0301", "e"), ("a\u200d\u202e", "a")],
)
def test_what_joins_the_character_before_takes_no_room(a, b):
    assert text_width(a, 10) == text_width(b, 10)


def test_wide_characters_are_wide():
    assert text_width("中", 10) == 10 > text_width("W", 10) > text_width("i", 10)
    assert text_width("ab", 20) == 2 * text_width("ab", 10)
    assert text_width("ab", 10, bold=True) > text_width("ab", 10)
