"""A world of two releases, made once, and a box in it."""

from pathlib import Path

import pytest

from agent.release.install import install
from agent.release.layout import Layout
from tests.release.parts import key
from tests.release.served import World, served


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Made once: nothing changes it."""
    folder = tmp_path_factory.mktemp("world")
    signer = key(folder)
    return World(signer, served(folder, signer, "1.0.0"), served(folder, signer, "1.1.0"))


@pytest.fixture
def layout(tmp_path: Path, world: World) -> Layout:
    """A box on which the first release is installed."""
    made = world.box(tmp_path / "box")
    install(world.first, made)
    return made


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Where thin bundles are made."""
    (tmp_path / "into").mkdir()
    return tmp_path / "into"
