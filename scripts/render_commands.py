"""Prints docs/commands.md from the command line itself and docs/commands.toml.

`render_commands.py > docs/commands.md` writes it anew.
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from peelchain.cli.main import app

NOTES = Path(__file__).resolve().parent.parent / "docs" / "commands.toml"


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its full name, without `peelchain`, in the order of the help."""
    root = typer.main.get_command(app)
    yield from _below(root, "")


def notes() -> dict[str, Any]:
    """What docs/commands.toml says, by command."""
    return tomllib.loads(NOTES.read_text(encoding="utf-8"))


def commands_page() -> str:
    """The whole page, in Markdown, ending in a newline."""
    said = notes()
    found = list(commands())
    contents = ["| command | |", "|---|---|"]
    contents += [f"| [{name}](#{name.replace(' ', '-')}) | {_first(c)} |" for name, c in found]
    sections = [_section(name, c, said[name], said["shared"]) for name, c in found]
    return "\n".join([said["head"], "\n".join(contents) + "\n", *sections])


def help_and_example(command: Any) -> tuple[str, str]:
    """A command's help without its example, and the example; empty where it has none."""
    text, _, example = (command.help or "").partition("Example:")
    return "\n".join(line.strip() for line in text.strip().splitlines()), " ".join(example.split())


def json_keys(name: str, said: dict[str, Any]) -> dict[str, str]:
    """The keys of a command's JSON object and what they mean."""
    shared = {key: said["shared"][key] for key in said[name].get("shared", [])}
    return {**shared, **said[name]["keys"]}


def _below(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _below(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


def _first(command: Any) -> str:
    return help_and_example(command)[0].split("\n\n")[0].replace("\n", " ")


def _section(name: str, command: Any, said: dict[str, Any], shared: dict[str, str]) -> str:
    text, example = help_and_example(command)
    parts = [f"## {name}", text, f"```\n{_synopsis(name, command)}\n```", _options(command)]
    parts.append(f"Example:\n\n```\n{example}\n```")
    if said.get("notes"):
        parts.append(said["notes"].strip())
    if said.get("csv"):
        parts.append(f"CSV columns: {_columns(said['csv'])}.")
    lines = ["| JSON key | meaning |", "|---|---|"]
    lines += [
        f"| `{key}` | {meaning} |"
        for key, meaning in json_keys(name, {name: said, "shared": shared}).items()
    ]
    parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _columns(text: str) -> str:
    return text if "," not in text else ", ".join(f"`{c}`" for c in text.split(","))


def _synopsis(name: str, command: Any) -> str:
    words = ["peelchain", name]
    for p in command.params:
        if p.param_type_name == "argument":
            words.append(_argument(p))
        elif p.required:
            words.append(f"{p.opts[0]} {p.metavar}")
    return " ".join([*words, "[OPTIONS]"])


def _argument(p: Any) -> str:
    shown = str(p.metavar or p.name.upper())
    return shown if p.nargs == 1 or shown.endswith("...") else f"{shown}..."


def _options(command: Any) -> str:
    lines = ["| | |", "|---|---|"]
    for p in command.params:
        if p.param_type_name == "argument":
            lines.append(f"| `{_argument(p)}` | {p.help} |")
            continue
        if p.name == "help":
            continue
        names = ", ".join(f"`{o}`" for o in p.opts) + (f" `{p.metavar}`" if p.metavar else "")
        lines.append(f"| {names} | {p.help}{_remark(p)} |")
    return "\n".join(lines)


def _remark(p: Any) -> str:
    if p.required:
        return " Required."
    if p.default in (None, False, "", []):
        return ""
    return f" Default {p.default}."


if __name__ == "__main__":
    sys.stdout.write(commands_page())
