"""The encoder of both views."""

from __future__ import annotations

import numpy
import pytest
import spacy
import torch
from spacy_transformers.data_classes import TransformerData
from states import TEXT, assert_close, differs, states
from transformers import AutoModel, AutoTokenizer
from transformers.modeling_outputs import BaseModelOutput

from spacy_cotner.models import sequences
from spacy_cotner.models.encoder import compose_explanation
from spacy_cotner.types import View


def random_gradients(outputs):
    """Gradients in the form that the callback takes. Not constant: a layer norm would cancel that."""
    generator = torch.Generator().manual_seed(0)
    return [
        TransformerData(
            d.wordpieces,
            BaseModelOutput(last_hidden_state=torch.randn(*shape, generator=generator).numpy()),
            d.align,
        )
        for d in outputs
        for shape in [d.model_output.last_hidden_state.shape]
    ]


def gradients(model):
    return {
        name: p.grad.clone() for name, p in model.shims[0].encoder.named_parameters() if p.grad is not None
    }


# Views ------------------------------------------------------------------------------------------------------


def test_cot_on_the_doc_chooses_the_view(build, nlp):
    model, doc = build(), nlp(TEXT)
    (student,) = states(model, doc)
    doc._.cot = {"noun": "london is a city"}
    (teacher,) = states(model, doc)
    assert teacher.shape == student.shape
    assert differs(student, teacher)
    doc._.cot = {}
    assert_close(states(model, doc)[0], student)


def test_caption_matters_with_cot_only(build, nlp):
    model, doc = build(), nlp(TEXT)
    (student,) = states(model, doc)
    doc._.caption = "two persons in a room"
    assert_close(states(model, doc)[0], student)
    doc._.cot = {"noun": "london is a city"}
    (with_caption,) = states(model, doc)
    assert differs(states(build(caption=False), doc)[0], with_caption)
    doc._.caption = None
    assert_close(states(build(caption=False), doc)[0], states(model, doc)[0])


def test_grains_and_their_order(build, nlp):
    doc = nlp(TEXT)
    doc._.cot = {"sentence": "two persons worked", "noun": "london is a city", "irony": "far away"}
    everything = compose_explanation(View(doc, doc._.cot, "the picture"), None, True)
    assert everything == "the picture\nlondon is a city\ntwo persons worked\nfar away"
    assert (
        compose_explanation(View(doc, doc._.cot), ["irony", "noun", "missing"], True)
        == "far away\nlondon is a city"
    )
    assert compose_explanation(View(doc, {}, "the picture"), None, True) == ""
    (noun,) = states(build(grains=["noun"]), doc)
    doc._.cot = {"noun": "london is a city"}
    assert_close(states(build(), doc)[0], noun)


def test_nothing_left_to_read_is_the_student_view(build, nlp):
    doc = nlp(TEXT)
    (student,) = states(build(), doc)
    doc._.cot = {"noun": "london is a city"}
    assert_close(states(build(cot_length=0), doc)[0], student)
    assert_close(states(build(grains=["sentence"]), doc)[0], student)
    doc._.cot = {"noun": ""}
    assert_close(states(build(), doc)[0], student)


def test_cot_length_cuts(build, nlp):
    doc = nlp(TEXT)
    doc._.cot = {"noun": "london is a city", "sentence": "two persons worked"}
    (short,) = states(build(cot_length=4), doc)
    doc._.cot = {"noun": "london is a city"}
    assert_close(states(build(), doc)[0], short)


@pytest.mark.parametrize("encoder", ["tiny_encoder", "bpe_encoder", "t5_encoder"])
def test_views_do_not_depend_on_their_batch(build, nlp, encoder, request):
    model = build(name=request.getfixturevalue(encoder), k=3)
    docs = [nlp(text) for text in (TEXT, "", "Paris", " ", f"{TEXT} {TEXT}", "london 🙂 paris")]
    views = [View(doc) for doc in docs] + [
        View(doc, {"noun": "london is a city"}) for doc in docs if len(doc)
    ]
    outputs, _ = model(views, is_train=False)
    for view, output in zip(views, outputs, strict=True):
        (alone,), _ = model([view], is_train=False)
        if not len(view.doc):
            assert "last_hidden_state" not in output.model_output
            continue
        assert_close(alone.model_output.last_hidden_state, output.model_output.last_hidden_state)


@pytest.mark.parametrize("encoder", ["tiny_encoder", "bpe_encoder"])
def test_without_prompts_the_student_view_is_the_plain_encoder(build, nlp, encoder, request):
    folder = request.getfixturevalue(encoder)
    (ours,) = states(build(name=folder, k=0), nlp(TEXT))
    plain = AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        theirs = plain(**AutoTokenizer.from_pretrained(folder)(TEXT, return_tensors="pt")).last_hidden_state
    assert_close(ours, theirs[0, :-1].numpy(), atol=1e-6)


def test_teacher_view_is_the_plain_encoder_of_a_pair(build, nlp, tiny_encoder):
    doc = nlp(TEXT)
    doc._.cot = {"noun": "london is a city"}
    (ours,) = states(build(), doc)
    plain = AutoModel.from_pretrained(tiny_encoder).eval()
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    with torch.no_grad():
        theirs = plain(**tokenizer(TEXT, "london is a city", return_tensors="pt")).last_hidden_state
    assert_close(ours, theirs[0, : len(ours)].numpy())


def test_prompts_look_at_the_text(build, nlp):
    """Conditional: another text, another prompt."""
    model = build(k=2)
    prompts = []
    model.shims[0].encoder.prompt.register_forward_hook(lambda m, i, output: prompts.append(output))
    states(model, nlp("ada"))
    states(model, nlp("london"))
    assert differs(prompts[0].detach().numpy(), prompts[1].detach().numpy())


# Training ---------------------------------------------------------------------------------------------------


def no_dropout(model):
    for module in model.shims[0].encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0
    return model


def test_dropout_is_on_in_training_and_off_in_prediction(build, nlp):
    model, doc = build(), nlp(TEXT)
    assert differs(states(model, doc, is_train=True)[0], states(model, doc, is_train=True)[0])
    assert_close(states(model, doc)[0], states(model, doc)[0], atol=0)
    states(model, doc, is_train=True)
    assert_close(states(model, doc)[0], states(build(), doc)[0])


def test_callback_agrees_with_autograd(build, nlp):
    model = no_dropout(build())
    doc = nlp(TEXT)
    views = [View(doc), View(nlp("")), View(doc, {"noun": "london is a city"})]
    outputs, backprop = model(views, is_train=True)
    filled = [data for data in outputs if "last_hidden_state" in data.model_output]
    d_outputs = random_gradients(filled)
    backprop(d_outputs)
    ours = gradients(model)
    encoder = model.shims[0].encoder
    encoder.zero_grad()
    inputs = []
    encoder.register_forward_pre_hook(lambda module, args: inputs.append(args))
    model(views, is_train=False)
    flat = numpy.concatenate([d.model_output.last_hidden_state[0] for d in d_outputs])
    (encoder(*inputs[0])[0] * torch.from_numpy(flat)).sum().backward()
    assert max(float(g.abs().max()) for g in ours.values()) > 0.1
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(ours[name], gradient, atol=1e-4, rtol=1e-3)


def test_prompts_get_a_gradient_from_the_student_view_only(build, nlp):
    model, doc = build(), nlp(TEXT)
    outputs, backprop = model([View(doc, {"noun": "london"})], is_train=True)
    backprop(random_gradients(outputs))
    assert "prompt.queries" not in gradients(model)
    outputs, backprop = model([View(doc)], is_train=True)
    backprop(random_gradients(outputs))
    assert gradients(model)["prompt.queries"].abs().sum() > 0


def test_gradient_checkpointing_gives_the_same_gradients(build, nlp):
    found = []
    for setting in (False, True):
        model = no_dropout(build(gradient_checkpointing=setting))
        views = [View(nlp(TEXT)), View(nlp(TEXT), {"noun": "london"})]
        outputs, backprop = model(views, is_train=True)
        model.predict([nlp("a Doc that is annotated before the gradient comes")])
        backprop(random_gradients(outputs))
        found.append(gradients(model))
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, atol=1e-5, rtol=1e-4)


def test_gradient_checkpointing_recomputes(build, nlp):
    model = build(gradient_checkpointing=True)
    layer = model.shims[0].encoder.transformer.encoder.layer[0]
    calls = []
    layer.attention.register_forward_hook(lambda *args: calls.append(1))
    outputs, backprop = model([nlp(TEXT)], is_train=True)
    backprop(random_gradients(outputs))
    assert len(calls) == 2


# Long, empty and odd texts ----------------------------------------------------------------------------------


def test_empty_docs(build, nlp):
    model = build()
    outputs, backprop = model([nlp(""), nlp("")], is_train=True)
    assert [list(data.align.lengths) for data in outputs] == [[], []]
    assert backprop([]) == []
    outputs, backprop = model([], is_train=True)
    assert outputs == []


def test_doc_of_one_space_has_a_state_and_no_wordpieces(build, nlp):
    (data,) = build().predict([nlp(" ")])
    assert data.model_output.last_hidden_state.shape == (1, 1, 32)
    assert list(data.align.lengths) == [0]


def test_text_of_several_windows(build, nlp):
    doc = nlp(f"{TEXT} " * 20)
    (data,) = build().predict([doc])
    assert len(data.align.lengths) == len(doc)
    # Nothing is left out, nothing is read twice: every wordpiece has a state of its own.
    rows = data.model_output.last_hidden_state[0]
    assert len(rows) == len(data.wordpieces.strings[0]) > 150
    assert len(numpy.unique(rows.round(4), axis=0)) == len(rows)


def test_doc_of_100_000_tokens_in_calls_of_bounded_size(build, nlp):
    doc = spacy.tokens.Doc(nlp.vocab, words=["london", "paris", "is", "far", "away"] * 20_000)
    model = build()
    sizes = []
    model.shims[0].encoder.transformer.register_forward_pre_hook(
        lambda module, args, kwargs: sizes.append(kwargs["attention_mask"].numel()), with_kwargs=True
    )
    (data,) = model.predict([doc])
    assert data.model_output.last_hidden_state.shape == (1, 100_001, 32)
    assert max(sizes) <= sequences.MAX_CALL
    assert list(data.align.lengths) == [1] * 100_000
