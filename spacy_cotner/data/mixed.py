"""A corpus that mixes labelled, augmented and unlabelled texts, for `[corpora]` in a config."""

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus, Example

from ..errors import CotnerError
from ..types import CONFIDENCE_KEY, PROVENANCE_KEY, RELATIONS_KEY, TEACHER_ONLY_KEY

Reader = Callable[[Language], Iterator[Example]]


def make_mixed_corpus(
    path: Path | None,
    unlabelled: Path | None = None,
    ratio: float | None = None,
    augmented: Path | None = None,
    augmented_weight: float = 1.0,
    keep_ents: bool = False,
    teacher_view: bool = False,
    max_length: int = 0,
) -> Reader:
    """Build a reader of several corpora.

    Annotation on unlabelled texts is taken off: they teach with their soft labels or their explanation only.

    path (Optional[Path]): Labelled texts, a `.spacy` file or a folder.
    unlabelled (Optional[Path]): Texts without labels, with CoT or soft labels.
    ratio (Optional[float]): Unlabelled texts for each labelled one in an epoch: the side of which there is
        too little is repeated. By default every text once.
    augmented (Optional[Path]): More labelled texts; of a file of `cotner augment` those that it has made.
    augmented_weight (float): How much one of them counts, 1.0 as much as a real one.
    keep_ents (bool): Whether unlabelled texts keep their entities: for relations between given entities.
    teacher_view (bool): Read each text with its explanation only. Of a training corpus it makes a teacher
        and no student, in less time; of a dev corpus, the teacher view chooses the checkpoints.
    max_length (int): Leave out longer texts, in tokens; 0 for no limit.
    RETURNS (Callable[[Language], Iterator[Example]]): The reader.
    RAISES (CotnerError): If weight or ratio is not positive.
    """
    if augmented_weight < 0 or (ratio is not None and ratio <= 0):
        raise CotnerError(
            f"MixedCorpus: ratio must be above 0 and augmented_weight not below it, not {ratio} and "
            f"{augmented_weight}"
        )

    def read_labelled(nlp: Language) -> Iterator[Example]:
        yield from Corpus(str(path), max_length=max_length)(nlp)
        if augmented is not None:
            more = list(Corpus(augmented, max_length=max_length)(nlp))
            # `cotner augment` also writes the texts that it began with, which stand in `path` already.
            for eg in [eg for eg in more if PROVENANCE_KEY in eg.reference.user_data] or more:
                eg.reference._.example_weight = augmented_weight * eg.reference._.example_weight
                yield eg

    def read(nlp: Language) -> Iterator[Example]:
        for eg in read_all(nlp):
            if teacher_view:
                eg.predicted._.cot, eg.predicted._.caption = eg.reference._.cot, eg.reference._.caption
                eg.predicted.user_data.update({TEACHER_ONLY_KEY: True})
            yield eg

    def read_all(nlp: Language) -> Iterator[Example]:
        if unlabelled is None:
            yield from read_labelled(nlp)
            return
        labelled = list(read_labelled(nlp))
        bare = [without_labels(eg, keep_ents) for eg in Corpus(unlabelled, max_length=max_length)(nlp)]
        n_labelled, n_bare = mixture(len(labelled), len(bare), ratio)
        # Each copy is an Example of its own: components write on its predicted Doc.
        for eg in [*islice(cycle(labelled), n_labelled), *islice(cycle(bare), n_bare)]:
            yield Example(eg.predicted.copy(), eg.reference)

    return read


def mixture(n_labelled: int, n_unlabelled: int, ratio: float | None) -> tuple[int, int]:
    """How many texts of each kind make an epoch.

    n_labelled (int): Labelled texts that there are.
    n_unlabelled (int): Unlabelled texts that there are.
    ratio (Optional[float]): Unlabelled for each labelled one.
    RETURNS (Tuple[int, int]): At least as many of each kind as there are.
    """
    if ratio is None or not n_labelled or not n_unlabelled:
        return n_labelled, n_unlabelled
    return max(n_labelled, round(n_unlabelled / ratio)), max(n_unlabelled, round(n_labelled * ratio))


def without_labels(example: Example, keep_ents: bool = False) -> Example:
    """Take the annotation off, and keep explanation, caption and soft labels.

    example (Example): Any example.
    keep_ents (bool): Whether entities stay.
    RETURNS (Example): A new one.
    """
    doc = example.reference
    bare = Doc(doc.vocab, words=[t.text for t in doc], spaces=[bool(t.whitespace_) for t in doc])
    if keep_ents:
        bare.set_ents(list(doc.ents))
    gold = (RELATIONS_KEY, CONFIDENCE_KEY)
    bare.user_data.update({key: value for key, value in doc.user_data.items() if key not in gold})
    return Example(example.predicted, bare)
