"""The languages of the panel. The one place that knows Flask-Babel; everybody else takes `gettext` from here.

Catalogues are compiled in memory when the panel starts, so that a `.po` file is all that is installed and no compiled
file can be out of date.
"""

import io
from pathlib import Path
from typing import Literal

import flask_babel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, current_app, has_request_context, request

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
COOKIE = "linewarden-language"
TRANSLATIONS = Path(__file__).parent / "translations"


def gettext(message: str, **values: object) -> str:
    """`message` in the language of the request."""
    return str(flask_babel.gettext(message, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """`one` or `many` in the language of the request, by `num`."""
    return str(flask_babel.ngettext(one, many, num, **values))


def mark(message: str) -> str:
    """Mark a message of a table for translation; it is translated where it is shown."""
    return message


def catalogue(language: Language) -> Translations:
    """The compiled catalogue of a language."""
    path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def init_app(app: Flask, fallback: str) -> None:
    """Give `app` its languages.

    Args:
        app: the panel.
        fallback: the language for a browser that asks for neither; empty for that of the site.
    """
    app.config["FALLBACK_LANGUAGE"] = fallback
    babel = flask_babel.Babel(app, locale_selector=language, default_locale="en")
    with app.app_context():
        babel.domain_instance.cache["zh", "messages"] = catalogue("zh")


def language() -> Language:
    """The language of the request: the switch, else what the browser asks for, else the site's."""
    if not has_request_context():
        return "en"
    chosen = request.cookies.get(COOKIE) or request.accept_languages.best_match(LANGUAGES)
    config = current_app.config
    return known(chosen or config["FALLBACK_LANGUAGE"] or config.get("SITE_LANGUAGE", ""))


def known(name: str) -> Language:
    """The language of that name; English for any that we do not speak."""
    return "zh" if name.startswith("zh") else "en"
