"""The roles' templates, rendered as ansible renders them."""

import importlib.util
from pathlib import Path
from types import ModuleType
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


def plugin(name: str) -> ModuleType:
    """A file of filters, as ansible loads it: a file, not a package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"filter_plugins/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
