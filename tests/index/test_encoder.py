"""Any sentence-transformers model, by folder: loaded, prompted, told apart, and refused in one line."""

import json
import os

import numpy as np
import pytest

from index import EncoderError, load_encoder
from qa.cli import main

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"query passage : who is the . ? a plum pear fig ripe red".split(),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model with random weights and prompts for queries and documents."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(3)
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    try:
        from sentence_transformers.sentence_transformer import modules
    except ImportError:  # before 6.0
        from sentence_transformers import models as modules
    transformer = modules.Transformer(str(folder / "bert"))
    prompts = {"query": "query: ", "document": "passage: "}
    whole = SentenceTransformer(modules=[transformer, modules.Pooling(16)], prompts=prompts, device="cpu")
    whole.save(str(folder / "whole"))
    return folder / "whole"


def test_prompts_for_queries_and_documents_are_respected(model):
    """A question is encoded behind the model's query prompt, a passage behind its document prompt."""
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(model), device="cpu")
    encoder = load_encoder(model)
    expected = plain.encode(["query: who is ripe ?", "passage: a plum is red ."], normalize_embeddings=True)
    assert encoder.dimension == 16
    assert encoder.encode_question("who is ripe ?") == pytest.approx(expected[0], abs=1e-5)
    assert encoder.encode_passages(["a plum is red ."])[0] == pytest.approx(expected[1], abs=1e-5)
    assert not np.allclose(expected[0], plain.encode("who is ripe ?", normalize_embeddings=True), atol=1e-3)


def test_other_prompts_are_another_encoder(model, tmp_path):
    """Whatever changes the vectors changes the identity, the weights or not."""
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(model, copy)
    assert load_encoder(copy).identity == load_encoder(model).identity
    settings = json.loads((copy / "config_sentence_transformers.json").read_text())
    settings["prompts"]["query"] = "ask: "
    (copy / "config_sentence_transformers.json").write_text(json.dumps(settings))
    assert load_encoder(copy).identity != load_encoder(model).identity


def test_a_folder_without_a_model_is_one_clear_error(tmp_path):
    """A folder that holds no model is named."""
    with pytest.raises(EncoderError, match=r"cannot be loaded"):
        load_encoder(tmp_path).encode_question("who ?")


def test_a_hub_name_that_cannot_be_had_is_one_clear_error():
    """Without the network a model named by its hub name is an error of one line, naming it."""
    with pytest.raises(EncoderError, match=r"the model 'nobody/nothing' cannot be loaded") as told:
        load_encoder("nobody/nothing").encode_question("who ?")
    assert "\n" not in str(told.value)


def test_only_a_model_named_by_its_hub_name_may_use_the_network(monkeypatch, model):
    """The hub stays switched off, unless a name that is no folder is given."""
    monkeypatch.delenv("HF_HUB_OFFLINE")
    load_encoder(model)
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    monkeypatch.delenv("HF_HUB_OFFLINE")
    load_encoder("owner/model")
    assert os.environ["HF_HUB_OFFLINE"] == "0"


def test_the_command_line_answers_with_a_model_of_ones_own(model, tmp_path, monkeypatch, capsys):
    """`--model FOLDER` keeps a collection of its own beside the bundled model's."""
    monkeypatch.setenv("QA_HOME", str(tmp_path / "home"))
    (tmp_path / "a.txt").write_text("A plum is red.\n\nA pear is ripe.")
    arguments = ["ask", "Is a pear ripe?", "--sources", str(tmp_path / "a.txt"), "--json"]
    assert main([*arguments, "--model", str(model)]) == 0
    own = json.loads(capsys.readouterr().out)
    assert (own["citations"] or own["closest"])[0]["quote"] == "A pear is ripe."
    assert main(arguments) == 0
    assert len(list((tmp_path / "home" / "collections").iterdir())) == 2
    assert main([*arguments, "--model", str(tmp_path)]) == 1
    assert "cannot be loaded" in capsys.readouterr().err
