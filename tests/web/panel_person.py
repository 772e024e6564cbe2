"""Somebody with a browser in front of the panel, and the settings of that panel."""

import re
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from tests.web.panel_room import Room
from web.settings import Agent, Listen, Session, Settings

PASSWORD = "correct horse"
CHEAP_METHOD = "scrypt:1024:8:1"
"""A hash of it costs a test nothing."""
CHEAP = generate_password_hash(PASSWORD, CHEAP_METHOD)


def settings_for(room: Room, folder: Path) -> Settings:
    """The settings of a panel in front of `room`: three users, of whom the agent gives rights to one."""
    return Settings(
        users={"demo": CHEAP, "viewer": CHEAP, "nobody": CHEAP},
        listen=Listen(port=0),
        agent=Agent(socket=str(room.socket), timeout=20.0),
        session=Session(secret_file=str(folder / "state" / "session.key")),
    )


class Person:
    """Somebody with a browser: follows forms as a browser does.

    Args:
        app: the panel.
        language: what the browser asks for.
    """

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.client: FlaskClient = app.test_client()
        self.language = language

    def get(self, path: str = "/", **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers={"Accept-Language": self.language, **headers}, buffered=True)

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form with the token that this browser's pages carry."""
        return self.post_raw(path, csrf=self.token(), **fields)

    def post_raw(self, path: str, **fields: str) -> TestResponse:
        """Send a form as it is."""
        return self.client.post(path, data=fields, headers={"Accept-Language": self.language})

    def token(self) -> str:
        """The token in any page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/login").text)
        if found is None:
            found = re.search(r'name="csrf" value="([^"]+)"', self.get("/").text)
        assert found is not None
        return found[1]

    def login(self, name: str = "demo", password: str = PASSWORD, next_: str = "") -> TestResponse:
        """Log in."""
        return self.post("/login", name=name, password=password, next=next_)

    def order(self, verb: str, **fields: str) -> str:
        """Give an order; returns the page that follows."""
        response = self.post("/order", verb=verb, back="/", **fields)
        assert response.status_code == 302, response.text
        return self.get(response.location).text
