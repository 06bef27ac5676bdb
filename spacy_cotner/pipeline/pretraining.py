"""An encoder learns what explanations say of words, before it learns a task: from texts without labels."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import spacy
import torch
from spacy.tokens import Doc
from spacy.util import fix_random_seed, minibatch
from torch import Tensor
from transformers import get_linear_schedule_with_warmup

from ..errors import CotnerError
from ..models.encoder import (
    ORIGIN,
    EncoderModel,
    build_cot_transformer_model,
    compose_explanation,
    layout_of,
    shim_of,
)
from ..models.mentions import find_definitions
from ..models.sequences import make_batch
from ..models.wordpieces import Wordpieces, tokenize_docs, tokenize_explanation
from ..modules.definition import DefinitionHead
from ..types import view_of
from .copies import copies


class Lesson(NamedTuple):
    """A text, and what its explanation says of its words.

    text (Wordpieces): The text.
    defined (ndarray): Wordpieces of the text that are defined, (n,).
    definitions (List[List[int]]): For each of them the ids of the wordpieces that define it.
    """

    text: Wordpieces
    defined: numpy.ndarray
    definitions: list[list[int]]


class Pretraining:
    """Each word that an explanation defines learns to say its definition.

    Of "1. Louis Vuitton (brand/fashion house)" both words of the text learn to predict "brand", "fashion" and
    "house": a bag of wordpieces, through the encoder's own word embeddings. What begins with such an encoder
    knows from text alone some of what a teacher has to read (intermediate training, Phang et al. 2018, with
    the LLM's definitions as task).

    name (str): The encoder, as for `CotTransformerModel`; with a fast tokenizer, and not an encoder-decoder.
    cot_length (int): Wordpieces of explanation that are read.
    after (int): Wordpieces behind a phrase that define it.
    window (int): Wordpieces of text that the encoder sees at once.
    mixed_precision (bool): bfloat16, where the hardware computes in it.
    lang (str): Language of the texts: nothing is learnt of its stop words.
    RAISES (CotnerError): If there is no such encoder, or it is of another kind.
    """

    def __init__(
        self,
        name: str,
        *,
        cot_length: int = 64,
        after: int = 6,
        window: int = 256,
        mixed_precision: bool = True,
        lang: str = "en",
    ) -> None:
        try:
            self.nlp = spacy.blank(lang)
        except ImportError:
            raise CotnerError(
                f"pretrain: spaCy knows no language {lang!r}: give a code such as en or xx"
            ) from None
        self.cot_length, self.after, self.mixed_precision = cot_length, after, mixed_precision
        self.model: EncoderModel = build_cot_transformer_model(
            name, k=0, cot_length=0, window=window, stride=3 * window // 4, mixed_precision=mixed_precision
        )
        self.model.initialize()
        shim = shim_of(self.model)
        if not shim.tokenizer.is_fast or shim.hf_config.is_encoder_decoder:
            raise CotnerError(
                f"pretrain: {name!r} has a slow tokenizer or a decoder: give an encoder with a fast one"
            )
        setattr(shim.hf_config, ORIGIN, getattr(shim.hf_config, ORIGIN, name))

    def prepare(self, docs: Iterable[Doc]) -> list[Lesson]:
        """Look up what explanations say of the words of their texts.

        docs (Iterable[Doc]): Texts with CoT; others are left out. Annotation is not looked at.
        RETURNS (List[Lesson]): One for each text of which something is said.
        RAISES (CotnerError): If there is none.
        """
        tokenizer, lessons, n_docs = shim_of(self.model).tokenizer, list[Lesson](), 0
        for batch in minibatch(docs, 1000):  # lessons are small, Docs are not
            read = copies(self.nlp, batch)
            n_docs += len(read)
            found = map(self._lesson, read, tokenize_docs(tokenizer, read))
            lessons += (lesson for lesson in found if len(lesson.defined))
        if not lessons:
            raise CotnerError(
                f"pretrain: no explanation of {n_docs} texts says anything of a word of its text: "
                "give texts with CoT, see `cotner elicit`"
            )
        return lessons

    def _lesson(self, doc: Doc, text: Wordpieces) -> Lesson:
        # Captions repeat words of the text, too, and define none of them.
        explanation = compose_explanation(view_of(doc), None, caption=False)
        ids, offsets = tokenize_explanation(shim_of(self.model).tokenizer, explanation, self.cot_length)
        ends = numpy.cumsum(text.lengths)
        defined, definitions = list[int](), list[list[int]]()
        for tokens, behind in find_definitions(doc, explanation, offsets, self.after):
            first = ends[tokens.start] - text.lengths[tokens.start]
            pieces = text.indices[first : ends[tokens[-1]]].tolist()
            defined += pieces
            definitions += [ids[behind.start : behind.stop]] * len(pieces)
        return Lesson(text, numpy.asarray(defined, dtype="int64"), definitions)

    def train(
        self,
        lessons: Sequence[Lesson],
        *,
        epochs: int = 3,
        batch_size: int = 16,
        learn_rate: float = 2e-4,
        seed: int = 0,
    ) -> Iterator[float]:
        """Learn them.

        lessons (Sequence[Lesson]): What `prepare` returned.
        epochs (int): How often each is read.
        batch_size (int): Texts an update.
        learn_rate (float): The highest; after an eighth of the updates it falls to zero.
        seed (int): Deals the batches, and initializes what predicts the words.
        YIELDS (float): The loss of each update, in nats a word.
        """
        fix_random_seed(seed)
        encoder = shim_of(self.model).encoder
        assert encoder is not None
        words = encoder.transformer.get_input_embeddings()
        width = encoder.transformer.config.hidden_size
        device = words.weight.device
        head = DefinitionHead(words.num_embeddings, width, words.embedding_dim).to(device)
        parameters = [*encoder.parameters(), *head.parameters()]
        optimizer = torch.optim.AdamW(parameters, lr=learn_rate, weight_decay=0.01)
        n_steps = steps(len(lessons), epochs, batch_size)
        schedule = get_linear_schedule_with_warmup(optimizer, n_steps // 8, n_steps)
        encoder.train()
        for batch in batches(lessons, epochs, batch_size, seed):
            loss = self._loss(encoder, head, words.weight, batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            yield float(loss.detach())
        encoder.eval()

    def _loss(self, encoder: Any, head: Any, embeddings: Tensor, batch: Sequence[Lesson]) -> Tensor:
        device = embeddings.device
        texts = [lesson.text for lesson in batch]
        read = make_batch(texts, [[] for _ in texts], layout_of(self.model), device)
        with torch.autocast("cuda", torch.bfloat16, enabled=self._half_on_gpu(device)):
            (states,) = encoder(read.calls, read.gather, [])
        # Each text's first state is its special token's.
        starts = numpy.cumsum([0, *read.lengths[:-1]]) + 1
        places = [lesson.defined + start for lesson, start in zip(batch, starts, strict=True)]
        told = [ids for lesson in batch for ids in lesson.definitions]
        owners = numpy.repeat(numpy.arange(len(told)), [len(ids) for ids in told])
        arrays = numpy.concatenate(places), numpy.concatenate(told), owners
        defined, words, owned = (torch.from_numpy(array).to(device) for array in arrays)
        return head(states.index_select(0, defined).float(), embeddings, words, owned)

    def _half_on_gpu(self, device: torch.device) -> bool:
        return self.mixed_precision and device.type == "cuda" and torch.cuda.is_bf16_supported()

    def save(self, folder: Path) -> None:
        """Write a folder that `CotTransformerModel` takes as `name`, and so does any Hugging Face program.

        folder (Path): Where to.
        """
        shim = shim_of(self.model)
        assert shim.encoder is not None
        shim.encoder.transformer.save_pretrained(folder)
        shim.tokenizer.save_pretrained(folder)


def steps(n_lessons: int, epochs: int, batch_size: int) -> int:
    """RETURNS (int): Number of updates."""
    return epochs * -(-n_lessons // batch_size)


def batches(lessons: Sequence[Lesson], epochs: int, batch_size: int, seed: int) -> Iterator[Sequence[Lesson]]:
    """YIELDS (Sequence[Lesson]): All lessons in another order in each epoch."""
    order, shuffle = list(lessons), random.Random(seed).shuffle
    for _ in range(epochs):
        shuffle(order)
        yield from minibatch(order, batch_size)
