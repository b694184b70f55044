"""What holds for the repository as a whole: its imports, its rendered page, its lockfiles."""

import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "peelchain"
LINES_AT_MOST = 600
LOCKFILES = ("Cargo.lock", "requirements.lock", "ui/package-lock.json")


def script(name: str):
    """A module of scripts/, loaded from its file."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def imported(path: Path) -> set[str]:
    """The first names of all modules that a Python file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    """Every distribution that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *(w for extra in project["project"]["optional-dependencies"].values() for w in extra),
        *(w for group in project["dependency-groups"].values() for w in group),
    ]
    return {canonical(re.split(r"[^A-Za-z0-9._-]", w)[0]) for w in wanted}


def test_importing_peelchain_imports_nothing_else():
    code = (
        "import sys; before = set(sys.modules); import peelchain; "
        "print(*sorted(set(sys.modules) - before - {'peelchain'}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert found.stdout.split() == []


def test_schema_page_is_rendered_from_the_schema():
    page = (ROOT / "docs" / "schema.md").read_text()
    assert page == script("render_schema").schema_page(), "run 'make schema-page'"


@pytest.mark.parametrize("name", LOCKFILES)
def test_lockfile_pins_by_hash_and_names_no_host(name):
    text = (ROOT / name).read_text()
    if name == "Cargo.lock":
        # Cargo writes one fixed name of the public registry, whatever mirror it used.
        sources = set(re.findall(r'^source = "(.*)"', text, re.MULTILINE))
        assert len(sources) == 1
        assert sources.pop().startswith("registry+")
        packages = tomllib.loads(text)["package"]
        assert [p["name"] for p in packages if "source" in p and "checksum" not in p] == []
    elif name == "requirements.lock":
        assert not re.search(r"://|--index-url|--find-links", text)
        pins = re.split(r"\n(?=\S)", text)
        unpinned = [p for p in pins if p[0] != "#" and not ("==" in p and "--hash=sha256:" in p)]
        assert unpinned == []
    else:
        packages = json.loads(text)["packages"]
        assert [path for path, p in packages.items() if "resolved" in p] == []
        assert [path for path, p in packages.items() if path and "integrity" not in p] == []


def test_every_declared_python_package_is_locked():
    text = (ROOT / "requirements.lock").read_text()
    locked = {canonical(n) for n in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}
    assert declared() - locked == set(), "run 'make lock'"


def peers() -> set[str]:
    """Modules of the programs that the benchmarks run beside peelchain, in an environment apart."""
    text = (ROOT / "bench" / "requirements.txt").read_text()
    named = {"graphsense-clustering": "gs_clustering"}
    found = re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)
    return {named.get(n, n.replace("-", "_")) for n in found}


def test_every_import_is_declared():
    distributions = metadata.packages_distributions()
    own = {"peelchain", "tests", "bench", "conftest", *sys.stdlib_module_names, *peers()}
    missing: dict[str, str] = {}
    for folder in ("src", "tests", "scripts", "bench"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            siblings = {p.stem for p in path.parent.iterdir()}
            for name in imported(path) - own - siblings:
                if not {canonical(d) for d in distributions.get(name, [])} & declared():
                    missing.setdefault(name, str(path.relative_to(ROOT)))
    assert missing == {}, "add them to pyproject.toml and run 'make lock'"


def test_every_direct_dependency_has_a_line_in_libraries_md():
    page = (ROOT / "docs" / "libraries.md").read_text()
    names = set(re.findall(r"[A-Za-z0-9_.@/-]+", page.lower().replace("_", "-")))
    wanted = declared()
    for manifest in (ROOT / "rust").glob("*/Cargo.toml"):
        crate = tomllib.loads(manifest.read_text())
        wanted |= set(crate["dependencies"]) | set(crate.get("dev-dependencies", {}))
    wanted |= set(json.loads((ROOT / "ui" / "package.json").read_text())["devDependencies"])
    # Types of a library that is named go without saying.
    wanted = {w for w in wanted if not w.startswith(("types-", "@types/", "peelchain"))}
    assert {w.lower().replace("_", "-") for w in wanted} - names == set()


def test_no_source_file_grows_beyond_one_idea():
    sources = [
        *PACKAGE.rglob("*.py"),
        *(ROOT / "rust").rglob("*.rs"),
        *(ROOT / "ui" / "src").rglob("*.ts"),
    ]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources
        if (lines := path.read_text().count("\n")) > LINES_AT_MOST
    }
    assert long == {}, f"past {LINES_AT_MOST} lines: make a folder of the name"


def test_page_sets_text_never_markup():
    markup = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(")
    found = [p.name for p in (ROOT / "ui" / "src").rglob("*.ts") if markup.search(p.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT/Apache-2.0", True),
        ("(MIT OR GPL-2.0-only) AND Apache-2.0", True),
        ("GPL-2.0-only OR MIT AND AGPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
    ],
)
def test_licence_expressions_are_read_as_spdx_does(expression, allowed):
    permitted = frozenset({"MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"})
    assert script("check_licences").is_allowed(expression, permitted) is allowed


@pytest.mark.parametrize("expression", ["", "MIT OR", "(MIT", "MIT Apache-2.0", "AND MIT"])
def test_licence_that_is_no_expression_is_an_offence(expression):
    checker = script("check_licences")
    dependency = checker.Dependency("rust", "x", "1.0", expression)
    assert checker.fault(dependency, frozenset({"MIT"}))


def test_licence_not_stated_is_an_offence():
    checker = script("check_licences")
    dependency = checker.Dependency("node", "x", "1.0", None)
    assert checker.fault(dependency, frozenset({"MIT"})) == "states no licence"


def test_install_names_each_missing_prerequisite_and_its_remedy(tmp_path):
    for tool in ("bash", "cut", "dirname", "env", "head", "sed", "sort"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    asked = subprocess.run(
        [ROOT / "scripts" / "prerequisites.sh"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 1
    missing = re.findall(r"missing: (.*)\n  install it with: (.+)", asked.stderr)
    assert [what.split()[0] for what, _ in missing] == ["Python", "Rust", "a", "Node"]
