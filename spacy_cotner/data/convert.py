"""From a file in one of the formats to `spacy.tokens.DocBin`: the library side of `cotner convert`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tqdm import tqdm

from ..errors import CotnerError
from .conll import read_conll
from .images import Images
from .join import Captions, RecordedCot
from .jsonl import GRAIN_FIELDS, read_jsonl
from .mnre import read_mnre
from .repairs import Repairs
from .sniff import FORMATS, sniff_format
from .summary import Summary


def convert(
    input_path: Path,
    output_path: Path,
    *,
    format: str = "auto",
    captions: Path | None = None,
    cot: Sequence[Path] = (),
    grains: Mapping[str, str] | None = None,
    images: Path | None = None,
    lang: str = "en",
    strict_bio: bool = False,
    untyped: bool = False,
    relations_only: bool = False,
    spans_key: str | None = None,
    progress: bool = False,
) -> Summary:
    """Convert a file to a DocBin that `spacy train` and `cotner elicit` read. The output appears only when it
    is complete; on any error a former output stays as it was.

    input_path (Path): The file to read.
    output_path (Path): The `.spacy` file to write.
    format (str): "conll", "mnre", "jsonl", or "auto" to look at the content.
    captions (Optional[Path]): Captions to join by image.
    cot (Sequence[Path]): Recorded chains of thought to join by image and text.
    grains (Optional[Mapping[str, str]]): Fields that hold an explanation -> name of the grain.
    images (Optional[Path]): The folder of the pictures.
    lang (str): The language of the texts, a code of spaCy's.
    strict_bio (bool): Drop entities that begin with I-, rather than reading them as if with B-.
    untyped (bool): Label all entities of the MNRE format "ENT", see `read_mnre`.
    relations_only (bool): Leave entities unannotated: of a corpus that lists only those of its pairs a
        recognizer that is trained on it, too, should learn nothing.
    spans_key (Optional[str]): JSONL: keep spans in this group of `doc.spans` instead of in `doc.ents`.
    progress (bool): Show a progress bar if the output is a terminal.
    RETURNS (Summary): What was read, repaired and joined.
    RAISES (CotnerError): If the input is broken, nothing is usable, or a table to join fits no text.
    """
    _check_arguments(input_path, output_path, format, images)
    nlp = _blank(lang)
    repairs = Repairs()
    format = sniff_format(input_path) if format == "auto" else format
    summary = Summary(format, repairs)
    captions_table = Captions(captions, repairs) if captions else None
    cot_table = RecordedCot(cot, grains, repairs) if cot else None
    if spans_key is not None and format != "jsonl":
        raise CotnerError(f"{input_path}: a group of spans is read from JSONL only, this is {format}")
    docs = _read(
        input_path, format, nlp, repairs, Images(images, repairs), grains, strict_bio, untyped, spans_key
    )
    doc_bin = DocBin(store_user_data=True)
    for doc in tqdm(
        docs, desc=f"Reading {input_path.name}", unit=" texts", disable=None if progress else True
    ):
        if captions_table:
            captions_table.add_to(doc)
        if cot_table:
            cot_table.add_to(doc)
        if relations_only:
            doc.set_ents([], default="missing")
        summary.add(doc)
        doc_bin.add(doc)
    summary.captions_used = captions_table.coverage() if captions_table else None
    summary.cot_used = cot_table.coverage() if cot_table else None
    _check_summary(summary, input_path, captions, cot)
    write_atomically(output_path, doc_bin.to_bytes())
    return summary


def _read(
    path: Path,
    format: str,
    nlp: Language,
    repairs: Repairs,
    images: Images,
    grains: Mapping[str, str] | None,
    strict_bio: bool,
    untyped: bool,
    spans_key: str | None,
) -> Iterator[Doc]:
    if format == "conll":
        return read_conll(path, nlp.vocab, repairs, images, strict=strict_bio)
    if format == "mnre":
        return read_mnre(path, nlp.vocab, repairs, images, typed=not untyped)
    grains = GRAIN_FIELDS if grains is None else grains
    return read_jsonl(path, nlp, repairs, images, grains=grains, spans_key=spans_key)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file at once or not at all; parent folders are created.

    path (Path): The file.
    data (bytes): Its content.
    RAISES (CotnerError): If it cannot be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise CotnerError(f"{path}: cannot write this file ({error.strerror or error})") from None
    finally:
        if temporary:
            os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _blank(lang: str) -> Language:
    try:
        return spacy.blank(lang)
    except (ImportError, OSError) as error:
        raise CotnerError(
            f"--lang {lang}: spaCy cannot make a tokenizer for this language ({error})"
        ) from None


def _check_arguments(input_path: Path, output_path: Path, format: str, images: Path | None) -> None:
    if format not in ("auto", *FORMATS):
        raise CotnerError(f"unknown format {format!r}: choose auto, {', '.join(FORMATS)}")
    if not input_path.is_file():
        raise CotnerError(
            f"{input_path}: {'this is a folder, not a file' if input_path.is_dir() else 'no such file'}"
        )
    if output_path.suffix != ".spacy":
        raise CotnerError(f"{output_path}: the output must end in .spacy, or spaCy's readers pass over it")
    if images and not images.is_dir():
        raise CotnerError(f"{images}: no such folder of images")


def _check_summary(summary: Summary, input_path: Path, captions: Path | None, cot: Sequence[Path]) -> None:
    """What was asked for and came out empty is an error, never a silent result."""
    if not summary.n_docs:
        found = "; ".join(summary.repairs.lines())
        raise CotnerError(f"{input_path}: no usable text in this file" + (f" ({found})" if found else ""))
    for used, names in ((summary.captions_used, [captions]), (summary.cot_used, cot)):
        if used and used.n_unmatched == used.n_rows:
            files = ", ".join(map(str, names))
            raise CotnerError(
                f"{files}: none of {used.n_rows:,} rows belongs to a text of {input_path}; another split?"
            )
