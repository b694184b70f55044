"""docs/commands.md says what the commands are, and every command has help, an example and keys."""

import importlib.util
import shlex
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from peelchain.cli.main import app

ROOT = Path(__file__).resolve().parent.parent


def _renderer():
    path = ROOT / "scripts" / "render_commands.py"
    spec = importlib.util.spec_from_file_location("render_commands", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["render_commands"] = module
    spec.loader.exec_module(module)
    return module


render = _renderer()
COMMANDS = dict(render.commands())


def test_page_is_rendered_from_the_commands():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == render.commands_page(), (
        "run 'python scripts/render_commands.py > docs/commands.md'"
    )


def test_notes_are_of_the_commands_there_are():
    assert set(render.notes()) - {"head", "shared"} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_help_an_example_and_a_section(name):
    command = COMMANDS[name]
    text, example = render.help_and_example(command)
    assert text.split("\n")[0].endswith((".", ":"))
    assert example.startswith(f"peelchain {name} ")
    assert f"\n## {name}\n" in render.commands_page()
    for parameter in command.params:
        assert parameter.help, f"{name}: {parameter.name} has no help"


@pytest.mark.parametrize("name", COMMANDS)
def test_example_is_a_command_line_that_the_command_takes(name, monkeypatch):
    monkeypatch.delenv("PEELCHAIN_STORE", raising=False)
    words = shlex.split(render.help_and_example(COMMANDS[name])[1])[1 + len(name.split()) :]
    # raises on an unknown or missing option; the command itself does not run
    COMMANDS[name].make_context(name, words)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_answers_in_json(name):
    assert "--json" in {o for p in COMMANDS[name].params for o in p.opts}


def test_commands_with_rows_take_the_same_options():
    for name, command in COMMANDS.items():
        options = {o for p in command.params for o in p.opts}
        if "--csv" in options:
            assert {"--table", "--output", "-o"} <= options, name
            assert render.notes()[name]["csv"], name
        else:
            assert "--output" not in options, name


def test_groups_have_help():
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for group in root.commands.values():
        assert group.help
