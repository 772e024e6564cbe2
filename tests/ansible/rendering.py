"""The roles' templates, rendered as ansible renders them."""

from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).parents[2] / "ansible"


def defaults(role: str) -> dict[str, Any]:
    """What a role says unless told otherwise."""
    given: dict[str, Any] = yaml.safe_load((ROOT / f"roles/{role}/defaults/main.yml").read_text())
    return given


def render(role: str, template: str, **given: Any) -> str:
    """A template with the role's defaults and what is given."""
    folder = FileSystemLoader(ROOT / f"roles/{role}/templates")
    environment = Environment(  # noqa: S701  # no HTML
        loader=folder, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.get_template(template).render(ansible_managed="made", **(defaults(role) | given))
