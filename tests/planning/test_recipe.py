"""Recipes: those in configs/ do what they say, and what is wrong with others is a sentence that names the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import Pictures
from pixelwise.errors import SettingError
from pixelwise.planning import (
    Plan,
    Recipe,
    apply_overrides,
    check_picture_request,
    check_request,
    make_picture_plan,
    make_plan,
    parse_progressive,
    read_recipe,
    resize_progressively,
)
from tests.planning.test_plan import data

CONFIGS = Path(__file__).parents[2] / "configs"
CLAIMS: dict[str, dict[str, object]] = {
    "camvid.yaml": {"epochs": None, "budget_seconds": 420.0},
    "nuclei.yaml": {"epochs": None, "budget_seconds": 180.0, "rotation": 180.0, "learning_rate": 0.002},
    "gpu-speedrun.yaml": {"epochs": 60.0, "batch_size": 32, "learning_rate": 0.0085, "precision": "bf16"},
}
OF_PICTURES = {"seasons.yaml": {"epochs": None, "budget_seconds": 600.0, "batch_size": 2, "learning_rate": 5e-4}}


def plan_of(recipe: Recipe) -> Plan:
    """What `pixelwise train --config` plans for images of 360x480."""
    plan = make_plan(
        data(size=(360, 480)),
        model=recipe.model,
        encoder=recipe.encoder,
        loss=recipe.loss,
        epochs=recipe.epochs,
        budget_seconds=recipe.budget_seconds,
    )
    plan = recipe.applied(plan)
    return plan if recipe.progressive is None else resize_progressively(plan, parse_progressive(recipe.progressive))


def test_every_recipe_is_known_here() -> None:
    assert {path.name for path in CONFIGS.iterdir()} == CLAIMS.keys() | OF_PICTURES.keys()


@pytest.mark.parametrize("name", CLAIMS)
def test_a_recipe_is_accepted_and_changes_what_it_names_and_nothing_else(name: str) -> None:
    recipe = read_recipe(CONFIGS / name)
    check_request(recipe)
    plan, usual = plan_of(recipe), make_plan(data(size=(360, 480)), epochs=1)
    assert (plan.model, plan.task, plan.image_scale) == (usual.model, usual.task, usual.image_scale)
    changed = {key: value for key, value in plan.training if value != getattr(usual.training, key)}
    sizes = [(stage.until, stage.height, stage.width) for stage in changed.pop("stages", usual.training.stages)]
    assert {key: CLAIMS[name].get(key) for key in changed} == changed
    assert {key: getattr(plan.training, key) for key in CLAIMS[name]} == CLAIMS[name]
    assert sizes == ([(0.6, 96, 128), (1.0, 192, 256)] if name == "gpu-speedrun.yaml" else [(1.0, 192, 256)])
    assert (f"recipe {CONFIGS / name}", "asked for (--config)") in plan.decisions


def test_the_recipe_of_seasons_changes_what_it_names_and_nothing_else() -> None:
    recipe = read_recipe(CONFIGS / "seasons.yaml")
    check_picture_request("unpaired_translation", {}, recipe)
    pairs = tuple(Pair(Path(f"{i}.png"), None) for i in range(10))
    pictures = Pictures(Path("streets"), "two_kinds", {"train": pairs}, {(128, 160): 10})
    asked = {"model": recipe.model, "budget_seconds": recipe.budget_seconds}
    plan = recipe.applied(make_picture_plan(pictures, "unpaired_translation", {}, **asked))  # type: ignore[arg-type]
    usual = make_picture_plan(pictures, "unpaired_translation", {}, epochs=1)
    assert plan.model.name == "lite_unet"
    assert plan.model.arguments["residual"] is True
    assert plan.task.arguments == {"critic": "features", "cycle_weight": 2.5, "identity_weight": 0}
    changed = {key: value for key, value in plan.training if value != getattr(usual.training, key)}
    assert changed == OF_PICTURES["seasons.yaml"]


def test_a_recipe_that_nobody_has_tried_says_so() -> None:
    text = {path.name: path.read_text() for path in CONFIGS.iterdir()}
    assert {name for name in text if "NOT MEASURED" in text[name]} == {"gpu-speedrun.yaml"}
    assert {name for name in text if "Measured once" in text[name]} == {"camvid.yaml", "nuclei.yaml", "seasons.yaml"}


def written(folder: Path, text: str) -> Path:
    (folder / "mine.yaml").write_text(text)
    return folder / "mine.yaml"


def test_what_decides_other_settings_is_asked_for_and_the_rest_is_set(tmp_path: Path) -> None:
    recipe = read_recipe(
        written(
            tmp_path,
            "model: {name: fcn, arguments: {encoder: resnet18, width: 32}}\ntask: {arguments: {loss: ce+dice}}\n"
            "training.flip: false\nprogressive: 0.5\n",
        )
    )
    assert (recipe.model, recipe.encoder, recipe.loss, recipe.progressive) == ("fcn", "resnet18", "ce+dice", "0.5")
    assert recipe.settings == {"model.arguments.width": 32, "training.flip": False}
    plan = plan_of(recipe)
    assert plan.model.arguments == {"encoder": "resnet18", "width": 32}
    assert plan.task.arguments["loss"] == "ce+dice"
    assert ("training.flip = false", f"asked for ({tmp_path / 'mine.yaml'})") in plan.decisions


def test_options_and_overrides_overrule_a_recipe(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, "training: {budget_seconds: 60, rotation: 90}\nmodel: {pretrained: false}"))
    asked = recipe.completed(epochs=3.0, budget_seconds=None, pretrained=True)
    assert (asked.epochs, asked.budget_seconds, asked.pretrained) == (3.0, None, True)
    plan = apply_overrides(plan_of(asked), ["training.rotation=15"])
    assert plan.training.rotation == 15
    assert [what for what, _ in plan.decisions if "rotation" in what] == ["training.rotation = 15"]
    assert recipe.completed(epochs=None).budget_seconds == 60


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("budget_seconds: 60", {"epochs": 3.0}, "; the budget of 60 s does not count, since --epochs was given"),
        ("epochs: 5", {"budget_seconds": 90.0}, "; the 5 epochs do not count, since --budget was given"),
        ("epochs: 5", {"epochs": 3.0}, "; the 5 epochs do not count, since --epochs was given"),
        ("epochs: 5", {"epochs": 5.0}, ""),
        ("seed: 4", {"seed": 3}, "; its training.seed = 4 does not count, since --seed was given"),
        ("budget_seconds: 60", {"seed": 3}, ""),
    ],
)
def test_what_an_option_replaces_in_a_recipe_is_said(
    tmp_path: Path, text: str, options: dict[str, float], words: str
) -> None:
    recipe = read_recipe(written(tmp_path, f"training: {{{text}}}"))
    assert plan_of(recipe.completed(**options)).decisions[0][1] == f"asked for (--config){words}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("training: {rotaton: 3}", "There is no setting called 'rotaton'. Did you mean 'rotation'?"),
        ("trainin: {rotation: 3}", "There is no setting called 'trainin'. Did you mean 'training'?"),
        ("progresive: 0.5:0.6", "There is no setting called 'progresive'. Did you mean 'progressive'?"),
        ("epochs: 3", "There is no setting called 'epochs'. Did you mean 'training.epochs'?"),
        ("training: {rotation: 300}", "training.rotation must be at most 180, not 300."),
        ("training: {epochs: 0}", "training.epochs must be above 0, not 0."),
        ("training: {budget_seconds: 7m}", "training.budget_seconds must be a number, not '7m'."),
        ("training: 3", "training must be a group of settings, not 3."),
        ("model: {name: 3}", "model.name must be text, not 3."),
        ("model: {name: unett}", "There is no model called 'unett'. Did you mean 'unet'?"),
        (
            "model: {name: unet, arguments: {encoder: test_resnet}}",
            "'unet' has layers of its own instead of an encoder",
        ),
        ("model: {arguments: {encoder: resnet43}}", "There is no encoder called 'resnet43'."),
        ("model: {arguments: {depth: 3}}", "There is no argument of the model 'lite_unet' called 'depth'."),
        (
            "model: {name: eomt, arguments: {encoder: resnet18}}",
            "The backbone 'resnet18' is no plain vision transformer",
        ),
        ("task: {arguments: {loss: ce+dise}}", "There is no loss called 'dise'. Did you mean 'dice'?"),
        ("training: {epochs: 3, budget_seconds: 60}", "Both a budget and a number of epochs are given"),
        ("progressive: 0.5:60", "but the share of the training is 60."),
        ("task: {name: restoration}", "task.name cannot be changed, since the data were read for that task"),
        ("decisions: []", "There is no setting called 'decisions'."),
        ("training: {rotation: 3, rotation: 4}", "rotation stands twice"),
        ("- rotation", "holds list; keys with values are expected"),
        ("training: [", "cannot be read as YAML"),
        ("data: {}\nplan: {}\nlog: []", "is the record of a run, which pixelwise resume goes on with."),
    ],
)
def test_a_recipe_that_cannot_be_used_is_refused_by_name(text: str, words: str, tmp_path: Path) -> None:
    file = written(tmp_path, text)
    with pytest.raises(SettingError) as caught:
        check_request(read_recipe(file))
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(file))


@pytest.mark.parametrize(
    ("options", "overrides", "words"),
    [
        ({"model": "unett"}, [], "There is no model called 'unett'."),
        ({"encoder": "resnet43"}, [], "There is no encoder called 'resnet43'."),
        ({"loss": "dise"}, [], "There is no loss called 'dise'."),
        ({}, ["model.arguments.widht=3"], "There is no argument of the model 'fcn' called 'widht'."),
        (
            {},
            ["model.arguments={encoder: resnet34}"],
            "{file} asks for 'test_resnet', but --set replaces all arguments of the model, with the encoder 'resnet34'",
        ),
    ],
    ids=str,
)
def test_what_is_wrong_beside_a_recipe_is_not_laid_upon_its_file(
    options: dict[str, str], overrides: list[str], words: str, tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        "model: {name: fcn, pretrained: false, arguments: {encoder: test_resnet}}\ntask: {arguments: {loss: ce}}\n",
    )
    with pytest.raises(SettingError) as caught:
        check_request(read_recipe(file).completed(**options), overrides)
    assert str(caught.value).startswith(words.replace("{file}", str(file)))


def test_a_seed_that_is_asked_for_overrules_that_of_a_recipe(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, "training: {seed: 3}"))
    assert [recipe.completed(seed=seed).seed for seed in (None, 0, 7)] == [3, 0, 7]


def test_a_recipe_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"There is no file .*none\.yaml, which --config names\."):
        read_recipe(tmp_path / "none.yaml")
