"""Bundles that serve two Pythons, boxes that take them, and what tests ask of both."""

import subprocess
import tarfile
from pathlib import Path
from typing import NamedTuple

from agent.release import bundle, parts, wheels
from agent.release.install import install
from agent.release.layout import Layout
from agent.release.thin import thin
from tests.release.parts import box, packed, trust, unpacked, wheel

OTHER = "cp399"
"""A Python that no box has yet."""
NAMES = ("alpha", "beta", "gamma")


class World(NamedTuple):
    """Who signs, and two releases in turn that differ in linewarden alone, in bundles that serve two Pythons."""

    signer: Path
    first: Path
    second: Path

    def box(self, folder: Path) -> Layout:
        """A box that trusts the signer."""
        layout = box(folder)
        trust(layout, self.signer)
        return layout


def served(folder: Path, signer: Path, version: str) -> Path:
    """A bundle with parts for all Pythons, for ours alone and for another alone."""
    place = unpacked(folder, signer, version)
    for name in NAMES:
        code = {f"{name}/__init__.py": f"name = '{name}'\n", f"{name}/deep/data.txt": name * 2_000}
        wheel(place / "wheels", name, "1.0", code)
    for python in (wheels.here(), OTHER):
        made = wheel(place / "wheels", "fast", "2.0", {"fast/__init__.py": f"python = '{python}'\n"})
        made.rename(made.with_name(f"fast-2.0-{python}-{python}-manylinux_2_28_any.whl"))
    bundle.sign(place, signer)
    return packed(place, folder / f"linewarden-{version}.tar")


def held(archive: Path) -> set[str]:
    """The projects whose wheels an archive has."""
    with tarfile.open(archive) as tar:
        return {name.split("/")[-1].split("-")[0] for name in tar.getnames() if name.endswith(".whl")}


def sums(archive: Path) -> dict[str, str]:
    """What a bundle's sums tell."""
    with tarfile.open(archive) as tar:
        name = next(name for name in tar.getnames() if name.endswith(bundle.SUMS))
        file = tar.extractfile(name)
        assert file is not None
        with file:
            return bundle.read_sums(file.read().decode())


def part_of(layout: Layout, project: str) -> Path:
    """The part of a project."""
    return next(layout.parts.glob(f"{project}-*"))


def runs(layout: Layout, name: str) -> bool:
    """Whether a release starts and finds all of its parts."""
    python = layout.release(name) / "bin/python"
    code = "import agent.cli, common, fast, alpha, beta, gamma; print(fast.python)"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() == wheels.here()


def ready(folder: Path, world: World) -> tuple[Layout, Path]:
    """A box with the first release, and what it has to be brought for the second."""
    layout = world.box(folder / "box")
    install(world.first, layout)
    return layout, thin(world.second, parts.stock(layout), folder)
