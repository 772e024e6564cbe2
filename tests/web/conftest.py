"""What the panel's tests share: a served branch, the panel in front of it, and a person who logs in."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

sys.path.insert(0, str(Path(__file__).parent))

from panel_person import Person, settings_for
from panel_room import Room, serving

from web.app import create_app


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A branch in good order behind its control socket."""
    room = Room(tmp_path).live(30)
    with serving(room):
        yield room


@pytest.fixture
def app(room: Room, tmp_path: Path) -> Flask:
    """The panel in front of it."""
    return create_app(settings_for(room, tmp_path))


@pytest.fixture
def stranger(app: Flask) -> Person:
    """Somebody who has not logged in."""
    return Person(app)


@pytest.fixture
def person(app: Flask) -> Person:
    """Somebody who has."""
    person = Person(app)
    assert person.login().status_code == 302
    return person
