"""What the documents say is so: paths, links, names, commands, options and settings; for messages see tests/data."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

import pixelwise
from pixelwise._version import __version__
from pixelwise.cli import app
from pixelwise.losses import LossCard
from pixelwise.models import DEFAULT_MODEL, ModelCard
from pixelwise.planning import Plan, Stage, TrainingSettings, apply_overrides, parse_duration
from pixelwise.planning.plan import ModelSettings, TaskSettings

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "pixelwise"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
CALL = re.compile(r"(srun |((\.venv/bin/)?python|torchrun( --[a-z-]+ \d+)*) -m )?pixelwise ")
SCRIPT = re.compile(r"(\S*/)?python (-m )?(benchmarks[./]\S+)(.*)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROW = re.compile(r"^\| (.*?) \| (.*) \|$", re.MULTILINE)


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [text for name, text in BLOCK.findall(document.read_text()) if name == language]


def terminal_lines(document: Path) -> list[str]:
    """Every line of the blocks for a terminal; a line that goes on in the next is one with it."""
    texts = [text.replace("\\\n", " ") for name in ("console", "bash") for text in blocks(document, name)]
    return [line.removeprefix("$ ") for text in texts for line in text.splitlines()]


def command_lines(document: Path) -> Iterator[list[str]]:
    """Every call of pixelwise in blocks for a terminal and in spans of code, as words."""
    spans = SPAN.findall(BLOCK.sub("", document.read_text()))
    for line in (*terminal_lines(document), *spans):
        if CALL.match(line):
            yield [word for word in shlex.split(CALL.sub("", line), comments=True) if word != "…"]


def rows(document: Path, heading: str) -> list[tuple[str, ...]]:
    """The rows of the tables under a heading, without their heads."""
    section = document.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [row for row in ROW.findall(section)[1:] if not row[0].startswith("---")]


def defined_names(tree: ast.AST, prefix: str = "") -> Iterator[str]:
    """Classes, functions and methods of a file: `Name`, `Name.method`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield prefix + node.name
            yield from defined_names(node, f"{prefix}{node.name}.")


# Links and versions


@each_document
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = [link.partition("#")[0] for link in LINK.findall(document.read_text()) if "://" not in link]
    assert [link for link in links if link and not (document.parent / link).exists()] == []


def test_the_version_is_the_top_entry_of_the_changelog() -> None:
    entries = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert entries[0] == __version__


# The map


def mapped_places() -> list[tuple[str, str]]:
    """Path and name of every place in the map."""
    spans = [span for _, place in ROW.findall((ROOT / "docs" / "map.md").read_text()) for span in SPAN.findall(place)]
    return [(path, name) for path, _, name in (span.partition("::") for span in spans if not span.startswith("pixel"))]


@pytest.mark.parametrize(("path", "name"), mapped_places())
def test_every_place_in_the_map_exists(path: str, name: str) -> None:
    file = PACKAGE / path if (PACKAGE / path).exists() else ROOT / path
    assert file.exists()
    if name:
        assert name in set(defined_names(ast.parse(file.read_text())))


def test_every_module_is_in_the_map() -> None:
    places = {path for path, _ in mapped_places()}
    modules = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    folders = {module: {f"{folder}/" for folder in module.parents} for module in modules}
    assert [str(module) for module in modules if str(module) not in places and not folders[module] & places] == []


# Commands, settings and names


@each_document
def test_every_command_line_names_a_command_and_its_options(document: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for words in command_lines(document):
        if words[0].startswith("-"):
            assert words[0] in ("--help", "--version")
            continue
        assert words[0] in commands
        command = commands[words[0]]
        context = command.context_class(command, info_name=words[0], resilient_parsing=True)
        given, surplus, _ = command.make_parser(context).parse_args(
            words[1:]
        )  # refuses unknown options, missing values
        assert surplus == [], words
        if given.get("budget") is not None:
            assert parse_duration(given["budget"]) > 0


@each_document
def test_every_benchmark_in_a_block_has_a_script_that_knows_its_options(document: Path) -> None:
    shared = "".join(path.read_text() for path in ROOT.glob("benchmarks/_*.py"))
    for found in filter(None, map(SCRIPT.match, terminal_lines(document))):
        script = ROOT / f"{found[3].removesuffix('.py').replace('.', '/')}.py"
        assert script.is_file()
        source = script.read_text() + shared
        options = [word for word in shlex.split(found[4], comments=True) if word.startswith("--")]
        assert [option for option in options if f'"{option}"' not in source] == [], found[0]


def test_what_contributors_call_by_make_is_there() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    lines = [line for document in DOCUMENTS for line in terminal_lines(document) if line.startswith("make ")]
    assert {shlex.split(line, comments=True)[1] for line in lines} <= set(targets)
    assert lines


@each_document
def test_every_set_option_changes_a_setting_that_exists(document: Path) -> None:
    stage = Stage(until=1, height=32, width=32, min_scale=0.5, max_scale=1)
    plan = Plan(
        model=ModelSettings(name="lite_unet"),
        task=TaskSettings(),
        training=TrainingSettings(epochs=1, stages=(stage,)),
    )
    for words in command_lines(document):
        overrides = [value for option, value in pairwise(words) if option == "--set"]
        assert isinstance(apply_overrides(plan, overrides), Plan)


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every setting with its default; None where it has none."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings_of(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, None if field.is_required() else field.default


def test_the_table_of_settings_is_complete_and_has_their_defaults() -> None:
    table = {
        SPAN.findall(name)[0]: rest.split(" | ")[0] for name, rest in rows(ROOT / "docs" / "training.md", "The plan")
    }
    settings = {name: default for name, default in settings_of(Plan) if name != "decisions"}
    assert table.keys() == settings.keys()
    for name, shown in table.items():
        default = DEFAULT_MODEL if name == "model.name" else settings[name]
        expected = str(default).lower() if isinstance(default, bool) else str(default)
        assert all(value == expected for value in SPAN.findall(shown)), name


@each_document
def test_python_blocks_parse_and_take_only_public_names(document: Path) -> None:
    for text in blocks(document, "python"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pw":
                assert node.attr in pixelwise.__all__


@pytest.mark.parametrize(("constant", "card"), [("MODEL", ModelCard), ("LOSS", LossCard)])
def test_the_worked_examples_run(constant: str, card: type) -> None:
    examples = [text for text in blocks(ROOT / "CONTRIBUTING.md", "python") if f"\n{constant} = " in text]
    assert len(examples) == 1
    names: dict[str, object] = {"__name__": "example"}
    exec(examples[0], names)
    assert isinstance(names[constant], card)
