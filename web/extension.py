"""Pages that are added to the panel from outside; the panel itself knows none of them."""

from typing import NamedTuple, Protocol

from flask import Blueprint

from agent.api import Text


class Nav(NamedTuple):
    """An entry of the navigation."""

    label: Text
    endpoint: str
    """As flask names it, such as `demo.page`."""


class Extension(Protocol):
    """A page from outside.

    Its blueprint stands behind the panel's login, security headers and CSRF check: a form that it posts carries
    `{{ csrf_field() }}`. Its templates may extend `base.html` (blocks `title` and `content`) and use `language`
    (`en` or `zh`). Its static files come from its own `static_folder`; inline scripts and styles are not let through.
    """

    @property
    def blueprint(self) -> Blueprint:
        """The routes."""
        ...

    @property
    def nav(self) -> Nav:
        """How people get there."""
        ...
