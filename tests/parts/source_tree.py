"""The project's own source under another version, to make bundles of."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tree(folder: Path, version: str) -> Path:
    """A copy below a folder that says it is this version."""
    copy = folder / version
    for name in ("agent", "firmware", "web", "systemd", "requirements"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for place in (copy / "pyproject.toml", copy / "agent/__init__.py"):
        place.write_text(re.sub(r'(version(?:__)? = )"[^"]+"', rf'\1"{version}"', place.read_text(), count=1))
    return copy
