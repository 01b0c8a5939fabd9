from __future__ import annotations

import shutil

import numpy as np
import pytest

from ray_app.errors import ModelError
from ray_app.models.embedder import open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.models.weights import find_weights
from ray_app.settings import EmbeddingSettings, Settings

TEXTS = ["hello", "the notice period of the lease", "Hvornår skal sygemelding ske?", "word " * 400, ""]


@pytest.fixture(scope="module")
def onnx(model):
    return open_embedder(model, EmbeddingSettings())


def test_the_default_weights_are_the_published_ones():
    assert find_weights(EmbeddingSettings()).sha256.startswith("53aa51172d142c89")


def test_other_weights_under_the_default_name_are_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(find_weights(EmbeddingSettings()).folder, folder)
    with (folder / "model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match="are pinned to 53aa"):
        find_weights(
            EmbeddingSettings(
                model=str(folder), sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
            )
        )


def test_a_model_that_is_nowhere_is_named(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="nobody/nothing is neither a folder nor installed"):
        find_weights(EmbeddingSettings(model="nobody/nothing"))


def test_a_folder_without_weights_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"holds no model\.safetensors"):
        find_weights(EmbeddingSettings(model=str(tmp_path)))


def test_the_manifest_tells_how_to_use_the_model(model):
    manifest = model.manifest
    assert (manifest.dimension, manifest.max_tokens, manifest.special_tokens) == (384, 256, 2)
    assert manifest.parity < 1e-5


def test_vectors_have_canonical_values(onnx):
    expected = [-0.0627718, 0.0549589, 0.0521648, 0.0857900, -0.0827489]
    np.testing.assert_allclose(onnx.embed_queries(["hello"])[0, :5], expected, atol=1e-5)


def test_onnx_and_torch_agree_on_short_long_and_foreign_texts(model, onnx):
    torch = open_embedder(model, EmbeddingSettings(backend="torch"))
    np.testing.assert_allclose(onnx.embed_passages(TEXTS), torch.embed_passages(TEXTS), atol=1e-5)


def test_vectors_have_unit_length_and_do_not_depend_on_their_neighbours(onnx):
    together = onnx.embed_passages(TEXTS)
    assert together.shape == (len(TEXTS), 384)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(onnx.embed_passages([TEXTS[1]])[0], together[1], atol=1e-5)


def test_no_texts_give_no_vectors(onnx):
    assert onnx.embed_passages([]).shape == (0, 384)


def test_a_damaged_export_is_made_again_after_it_is_deleted(make_data_dir, models_home):
    data_dir = make_data_dir("damaged")
    (data_dir / "models" / "embedding").unlink()
    shutil.copytree(models_home / "models" / "embedding", data_dir / "models" / "embedding")
    settings = Settings(data_dir=data_dir)
    manifest = prepare_model(settings).folder / "manifest.json"
    manifest.write_text("{")
    with pytest.raises(ModelError, match="is damaged; delete it"):
        prepare_model(settings)
