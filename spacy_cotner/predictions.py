"""What a pipeline predicts for annotated texts, on new Docs: the annotation stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from .errors import CotnerError

COPIED = ("id", "title")  # what names a text, in `user_data`


def predict(nlp: Language, docs: Iterable[Doc], *, teacher: bool = False) -> Iterator[tuple[Doc, Doc]]:
    """Run a pipeline on texts. As `spacy evaluate` does, it tokenizes them anew, unless the Doc was made of
    words without a text. Entities and span groups that no component sets are those of the given Doc.

    nlp (Language): The pipeline.
    docs (Iterable[Doc]): The texts.
    teacher (bool): Let it read the explanations that the Docs carry.
    YIELDS (Tuple[Doc, Doc]): Each given Doc, and a new one with predictions.
    RAISES (CotnerError): If a text is longer than the pipeline takes.
    """
    pairs = ((_fresh(nlp, doc, teacher), doc) for doc in docs)
    for predicted, doc in nlp.pipe(pairs, as_tuples=True):
        yield doc, predicted


def assigns(nlp: Language, attribute: str) -> bool:
    """RETURNS (bool): Whether some component sets an attribute, such as "doc.ents"."""
    return any(attribute in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names)


def _fresh(nlp: Language, doc: Doc, teacher: bool) -> Doc:
    fresh = _tokens(nlp, doc)
    if not assigns(nlp, "doc.ents"):
        fresh.set_ents(filter_spans([_moved(span, fresh) for span in doc.ents]))
    if not assigns(nlp, "doc.spans"):
        for key, group in doc.spans.items():
            fresh.spans[key] = [_moved(span, fresh) for span in group]
    if teacher:
        fresh._.cot, fresh._.caption = doc._.cot, doc._.caption
    fresh._.image = doc._.image
    fresh.user_data.update({key: doc.user_data[key] for key in COPIED if key in doc.user_data})
    return fresh


def _tokens(nlp: Language, doc: Doc) -> Doc:
    if doc.has_unknown_spaces:
        words, spaces = [token.text for token in doc], [bool(token.whitespace_) for token in doc]
        return Doc(nlp.vocab, words=words, spaces=spaces)
    if len(doc.text) > nlp.max_length:
        raise CotnerError(
            f"a text of {len(doc.text):,} characters, more than the pipeline takes ({nlp.max_length:,}): "
            f"split it ({doc.text[:40]!r}…)"
        )
    return nlp.make_doc(doc.text)


def _moved(span: Span, doc: Doc) -> Span:
    """The same characters on another Doc of this text; never None, because the text is the same."""
    moved = doc.char_span(span.start_char, span.end_char, label=span.label_, alignment_mode="expand")
    assert moved is not None
    return moved
