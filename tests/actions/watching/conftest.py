"""The scene that the tests of a watch begin with."""

import shutil
from pathlib import Path

import pytest
from tests.actions.watching.scene import Scene, scene


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return scene(tmp_path_factory.mktemp("watched"))


@pytest.fixture
def here(made: Scene, tmp_path: Path) -> Scene:
    """A scene of one's own."""
    folder = tmp_path / "scene"
    shutil.copytree(made.folder, folder)
    return Scene(folder, list(made.blocks), made.seed)
