"""The shared encoder: Docs or Views in, wordpiece states out. CoT on the Doc chooses the view."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import srsly
import torch
from spacy.tokens import Doc
from spacy_transformers.data_classes import TransformerData, WordpieceBatch
from thinc.api import ArgsKwargs, Model, torch2xp, xp2torch
from thinc.types import Ragged
from transformers.modeling_outputs import BaseModelOutput

from ..errors import CotnerError
from ..types import GRAINS, View, view_of
from .marks import MarkIds, mark_text
from .mentions import NO_MENTIONS, Mentions, find_mentions
from .sequences import Layout, make_batch
from .shim import EncoderShim, load_pretrained
from .wordpieces import Wordpieces, tokenize_docs, tokenize_explanation

# In the configuration of an encoder that has read explanations (`cotner pretrain`): what it was before.
ORIGIN = "spacy_cotner_origin"

EncoderModel = Model[Sequence[Doc | View], list[TransformerData]]


def build_cot_transformer_model(
    name: str,
    k: int = 4,
    grains: Sequence[str] | None = None,
    caption: bool = True,
    cot_length: int = 128,
    mention_window: int | None = None,
    attend: bool = True,
    imagination: float = 0.0,
    window: int = 256,
    stride: int = 192,
    mixed_precision: bool = False,
    gradient_checkpointing: bool = False,
) -> EncoderModel:
    """Build the encoder of both views.

    The teacher view is `[CLS] text [SEP] caption explanations [SEP]`, the student view
    `[CLS] prompts text [SEP]` (arXiv 2306.14122, section 3). Weights are loaded at `initialize`, never when a
    trained pipeline is loaded.

    name (str): A Hugging Face hub name, a local folder, or `package:NAME` for weights in a Python package.
    k (int): Number of conditional prompts in the student view; 0 switches them off.
    grains (Optional[Sequence[str]]): Which grains of the CoT the teacher view reads, in this order; by
        default all that are there: noun, sentence, multimodality, then others by name.
    caption (bool): Whether the teacher view reads the caption.
    cot_length (int): Wordpieces of explanation that are read; what is longer is cut.
    mention_window (Optional[int]): Mention-aligned fusion: the teacher view adds to each word of the text
        what the explanation says where it mentions that word: the mean of the states there and of so many
        wordpieces behind, through a linear layer. None switches it off. Needs a fast tokenizer.
    attend (bool): Whether text and explanation are read together, attending to each other. Otherwise the
        explanation is encoded on its own, without gradient, and reaches the text through fusion alone: the
        teacher view costs little more than the student view.
    imagination (float): Weight of a loss that pulls the prompts of a text towards its encoded explanation,
        see `modules.imagination`; 0 switches it off.
    window (int): Wordpieces of text that the encoder sees at once; longer texts are read in windows.
    stride (int): Wordpieces from the start of one window to the start of the next.
    mixed_precision (bool): Half precision: float16 on a GPU, bfloat16 on a CPU that computes in it, single
        precision on others. A trained pipeline may be loaded with another value.
    gradient_checkpointing (bool): Save memory in training by computing activations twice.
    RETURNS (Model[Sequence[Union[Doc, View]], List[TransformerData]]): For each view the states of its first
        special token and of its wordpieces, (1, 1 + wordpieces, width), aligned to the Doc's tokens.
    """
    if not 0 < stride <= window:
        raise CotnerError(f"cot_transformer: stride must lie between 1 and window ({window}), not {stride}")
    if k < 0 or cot_length < 0:
        raise CotnerError(f"cot_transformer: k ({k}) and cot_length ({cot_length}) must not be negative")
    if mention_window is None and not attend:
        raise CotnerError(
            "cot_transformer: without attend the explanation needs a mention_window to be heard"
        )
    return Model(
        "cot-transformer",
        forward,
        init=init,
        dims={"nO": None},
        shims=[EncoderShim(k, mention_window is not None, mixed_precision, gradient_checkpointing)],
        attrs={
            "name": name,
            "k": k,
            "grains": None if grains is None else list(grains),
            "caption": caption,
            "cot_length": cot_length,
            "mention_window": mention_window,
            "attend": attend,
            "imagination": imagination,
            "window": window,
            "stride": stride,
            "replace_listener_cfg": replace_listener_cfg,
        },
    )


def init(model: EncoderModel, X: Any = None, Y: Any = None) -> None:
    """Load the pretrained weights, once."""
    shim = shim_of(model)
    if shim.encoder is None:
        shim.set_encoder(*_load(model.attrs["name"]))
        _check_lengths(model)
    model.set_dim("nO", shim.hf_config.hidden_size)


def pretrained_half(model: EncoderModel) -> EncoderModel:
    """Load the lower layers of what an encoder was before it learnt from texts of the task: they know words.

    model (Model): A trained encoder.
    RETURNS (Model): One with half as many layers that reads the same, without prompts and fusion.
    RAISES (CotnerError): If its pretrained weights are not where they were.
    """
    settings = ("grains", "caption", "cot_length", "window", "stride")
    fresh = build_cot_transformer_model(
        name=getattr(shim_of(model).hf_config, ORIGIN, model.attrs["name"]),
        k=0,
        mixed_precision=shim_of(model).half_on_cpu,
        **{name: model.attrs[name] for name in settings},
    )
    shim_of(fresh).set_encoder(*_load(fresh.attrs["name"], lower_half=True))
    init(fresh)
    return fresh


def forward(
    model: EncoderModel, inputs: Sequence[Doc | View], is_train: bool
) -> tuple[list[TransformerData], Callable]:
    """Encode Docs or Views; the callback takes gradients in the same form and returns nothing."""
    shim = shim_of(model)
    if shim.encoder is None:
        raise CotnerError(
            "cot_transformer has no weights yet: call nlp.initialize(), or load a trained pipeline"
        )
    views = [view_of(item) for item in inputs]
    filled = [i for i, view in enumerate(views) if len(view.doc)]
    outputs = [TransformerData.empty() for _ in views]
    if not filled:
        return outputs, lambda d_outputs: []
    texts = _texts(model, [views[i] for i in filled])
    explanations = [_explanation(model, views[i]) for i in filled]
    mentions = None if model.attrs["mention_window"] is None else [told for _, told in explanations]
    twins = _twins(model, [views[i] for i in filled]) if is_train else None
    ids = [ids for ids, _ in explanations]
    batch = make_batch(texts, ids, layout_of(model), shim.device, mentions, twins)
    read = ArgsKwargs(
        args=(batch.calls, batch.gather, batch.asides, batch.mentions, batch.imagined), kwargs={}
    )
    (Y, *imagination), backprop_shim = shim(read, is_train)
    states = model.ops.unflatten(torch2xp(Y.detach().float()), model.ops.asarray1i(batch.lengths))
    for i, text, state in zip(filled, texts, states, strict=True):
        outputs[i] = _transformer_data(model, text, state)

    def backprop(d_outputs: Sequence[TransformerData]) -> list[Doc]:
        d_states = [
            d.model_output["last_hidden_state"][0] for d in d_outputs if "last_hidden_state" in d.model_output
        ]
        dY = xp2torch(model.ops.flatten(d_states)).to(Y.dtype)
        gradients = (dY, *(torch.full_like(loss, model.attrs["imagination"]) for loss in imagination))
        backprop_shim(ArgsKwargs(args=((Y, *imagination),), kwargs={"grad_tensors": gradients}))
        return []

    return outputs, backprop


def compose_explanation(view: View, grains: Sequence[str] | None, caption: bool) -> str:
    """What the teacher view reads behind the text.

    view (View): The view.
    grains (Optional[Sequence[str]]): Names and order of the grains, None for all.
    caption (bool): Whether the caption comes first.
    RETURNS (str): The explanation; empty for the student view.
    """
    if not view.is_teacher:
        return ""
    if grains is None:
        grains = [g for g in GRAINS if g in view.cot] + sorted(set(view.cot) - set(GRAINS))
    parts = [view.cot[grain] for grain in grains if grain in view.cot]
    if caption and view.caption:
        parts.insert(0, view.caption)
    return "\n".join(part for part in parts if part)


def replace_listener_cfg(encoder_cfg: dict[str, Any], listener_cfg: dict[str, Any]) -> dict[str, Any]:
    """The config of a component that gets its own copy of the encoder, see `nlp.replace_listeners`."""
    return {
        "@architectures": "spacy_cotner.CotTransformerTok2Vec.v1",
        "encoder": encoder_cfg,
        "pooling": listener_cfg["pooling"],
        "grad_factor": listener_cfg["grad_factor"],
    }


def shim_of(model: EncoderModel) -> EncoderShim:
    """RETURNS (EncoderShim): Weights and tokenizer."""
    return cast(EncoderShim, model.shims[0])


def _texts(model: EncoderModel, views: Sequence[View]) -> list[Wordpieces]:
    """Each Doc is cut into wordpieces once, however many views there are of it."""
    tokenizer, window = shim_of(model).tokenizer, model.attrs["window"]
    docs = {id(view.doc): view.doc for view in views}
    pieces = dict(zip(docs, tokenize_docs(tokenizer, list(docs.values())), strict=True))
    words = {text for view in views for mark in view.marks for text in (mark.before, mark.after)}
    ids = {text: tokenizer(text, add_special_tokens=False)["input_ids"] for text in words}
    texts = []
    for view in views:
        marks = [MarkIds(m.start, m.end, ids[m.before], ids[m.after]) for m in view.marks]
        text = pieces[id(view.doc)]
        texts.append(mark_text(text, marks, window) if marks else text)
    return texts


def _explanation(model: EncoderModel, view: View) -> tuple[list[int], Mentions]:
    """Its wordpieces, and which of them speak of which token."""
    text = compose_explanation(view, model.attrs["grains"], model.attrs["caption"])
    ids, offsets = tokenize_explanation(shim_of(model).tokenizer, text, model.attrs["cot_length"])
    after = model.attrs["mention_window"]
    return ids, NO_MENTIONS if after is None else find_mentions(view.doc, text, offsets, after)


def _twins(model: EncoderModel, views: list[View]) -> list[tuple[int, int]]:
    """The two views of each text, where prompts shall imagine explanations."""
    if not (model.attrs["imagination"] and model.attrs["k"]):
        return []
    students = {id(view.doc): i for i, view in enumerate(views) if not view.is_teacher}
    teachers = [(i, view) for i, view in enumerate(views) if _explanation(model, view)[0]]
    return [(students[id(view.doc)], i) for i, view in teachers if id(view.doc) in students]


def _transformer_data(model: EncoderModel, text: Wordpieces, state: Any) -> TransformerData:
    """State 0 is the first special token's, so wordpiece i is at i + 1."""
    ids = [shim_of(model).tokenizer.cls_token_id or 0, *text.ids]
    indices, lengths = cast(Any, text.indices + 1), cast(Any, text.lengths)
    pieces = WordpieceBatch(
        strings=[shim_of(model).tokenizer.convert_ids_to_tokens(ids)],
        input_ids=model.ops.asarray2i([ids]),
        attention_mask=model.ops.alloc2f(1, len(ids)) + 1,
        lengths=[len(ids)],
        token_type_ids=None,
    )
    return TransformerData(
        wordpieces=pieces,
        model_output=BaseModelOutput(last_hidden_state=state[None]),
        align=Ragged(model.ops.asarray1i(indices), model.ops.asarray1i(lengths)),
    )


def layout_of(model: EncoderModel) -> Layout:
    """RETURNS (Layout): How the encoder's sequences are laid out."""
    shim, attrs = shim_of(model), model.attrs
    pad_id = shim.tokenizer.pad_token_id or 0
    return Layout(shim.template, attrs["k"], attrs["window"], attrs["stride"], pad_id, not attrs["attend"])


def _load(name: str, lower_half: bool = False) -> tuple[Any, Any]:
    try:
        return load_pretrained(_locate(name), lower_half)
    except Exception as error:  # for broken files Hugging Face raises almost anything
        reason = str(error).strip().split("\n")[0]
        raise CotnerError(
            f"cannot load the encoder {name!r}: {reason} "
            "Give a Hugging Face hub name, a folder with config.json, or package:NAME of an installed one."
        ) from error


def _locate(name: str) -> str:
    """The folder of the weights for `package:NAME`; other names as they are."""
    if not name.startswith("package:"):
        return name
    module = name.removeprefix("package:").replace("-", "_")
    spec = importlib.util.find_spec(module)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise ValueError(f"the Python package {module!r} is not installed.")
    for path in sorted(Path(folders[0]).rglob("config.json")):
        if "model_type" in srsly.read_json(path):
            return str(path.parent)
    raise ValueError(f"the Python package {module!r} holds no encoder.")


def _check_lengths(model: EncoderModel) -> None:
    """Refuse settings that the encoder's position embeddings cannot hold."""
    shim, attrs = shim_of(model), model.attrs
    limits = [shim.tokenizer.model_max_length, _n_positions(shim.encoder)]
    limit = min((n for n in limits if isinstance(n, int) and n > 0), default=10**9)
    teacher = attrs["window"] + attrs["cot_length"] + sum(len(ids) for ids in shim.template.pair)
    student = attrs["window"] + attrs["k"] + sum(len(ids) for ids in shim.template.single)
    longest = max(teacher, student)
    if longest > limit:
        raise CotnerError(
            f"cot_transformer: window ({attrs['window']}) + cot_length ({attrs['cot_length']}) + special "
            f"tokens = {longest} wordpieces, but {attrs['name']!r} reads {limit}: lower one of the two"
        )


def _n_positions(encoder: Any) -> int | None:
    """RoBERTa's kind counts from behind the padding index: 514 position embeddings hold 512 wordpieces."""
    transformer = encoder.transformer
    n = getattr(transformer.config, "max_position_embeddings", None)
    embeddings = getattr(getattr(transformer, "embeddings", None), "position_embeddings", None)
    padding = getattr(embeddings, "padding_idx", None)
    return n if n is None or padding is None else n - padding - 1
