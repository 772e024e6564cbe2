"""Writes the code map into docs/architecture.md: `python -m tests.tools.code_map`; a test checks that it is current."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "docs" / "architecture.md"
PACKAGES = ("firmware", "agent", "web")


def files() -> list[Path]:
    """All Python files of the three packages that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return sorted(Path(name) for name in set(listed) if name.endswith(".py") and (ROOT / name).exists())


def sentence(path: Path) -> str:
    """The first line of a module's docstring."""
    text = ast.get_docstring(ast.parse((ROOT / path).read_text())) or ""
    return text.splitlines()[0] if text else ""


def code_map() -> str:
    """Each folder with its sentence, each file with its own."""
    lines: list[str] = []
    for folder in sorted({path.parent for path in files()}):
        lines += [f"**`{folder}/`** {sentence(folder / '__init__.py')}", ""]
        rows = [
            path for path in files() if path.parent == folder and path.stem not in ("__init__", "__main__")
        ]
        lines += [f"- `{path.stem}` {sentence(path)}" for path in rows]
        lines.append("")
    return "\n".join(lines)


def filled(text: str) -> str:
    """The paper with the map as the tree is."""
    return re.sub(
        r"(<!-- code map -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}{code_map()}{found[2]}",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    PAPER.write_text(filled(PAPER.read_text()))
