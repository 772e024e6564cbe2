"""Login, logout and what guards every request."""

from pathlib import Path

import msgspec
import pytest
from flask import Flask

from tests.web.panel_person import CHEAP, PASSWORD, Person, settings_for
from tests.web.panel_room import Room
from web.app import create_app
from web.guard import LIVE_HEADER
from web.login import Sessions
from web.settings import Tls
from web.throttle import FREE


@pytest.mark.parametrize("path", ["/", "/device/ups-1", "/no/such/page"])
def test_a_stranger_sees_nothing_but_the_login(stranger: Person, path: str) -> None:
    """And comes back to where he wanted to go."""
    response = stranger.get(path)
    assert response.status_code == 302
    assert response.location == f"/login?next={path}"
    assert "UPS" not in response.text


def test_a_login_leads_to_the_page_that_was_wanted(stranger: Person) -> None:
    """With a session that a script cannot read and another site cannot use."""
    response = stranger.login(next_="/device/ups-1")
    assert response.location == "/device/ups-1"
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Expires=" in cookie
    assert stranger.get("/device/ups-1").status_code == 200


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:x"]
)
def test_a_login_leads_nowhere_else(stranger: Person, path: str) -> None:
    """A link to the login cannot send people to another site."""
    assert stranger.login(next_=path).location == "/"


@pytest.mark.parametrize(("name", "password"), [("demo", "hunter2"), ("nobody-knows", PASSWORD)])
def test_a_wrong_login_does_not_tell_what_was_wrong(stranger: Person, name: str, password: str) -> None:
    """Name and password fail alike."""
    response = stranger.login(name, password)
    assert response.status_code == 401
    assert "Name or password is wrong." in response.text
    assert password not in response.text
    assert stranger.get("/").status_code == 302


def test_guessing_is_slowed_down(stranger: Person) -> None:
    """After a few failures even the right password has to wait, and the page says how long."""
    for _ in range(FREE):
        stranger.login(password="wrong")
    response = stranger.login()
    assert response.status_code == 429
    assert "Wait" in response.text


def test_logging_in_renews_the_session(stranger: Person) -> None:
    """What was in the cookie before login is worth nothing after it."""
    before = stranger.token()
    stranger.login()
    assert stranger.token() != before
    assert stranger.post_raw("/order", csrf=before, verb="silence").status_code == 400


def test_logout_kills_copies_of_the_cookie(app: Flask, person: Person) -> None:
    """Somebody who copied the cookie before the logout is out too."""
    copy = Person(app)
    kept = person.client.get_cookie("linewarden-session")
    assert kept is not None
    copy.client.set_cookie("linewarden-session", kept.value)
    assert copy.get("/").status_code == 200
    assert person.post("/logout").location == "/login"
    assert person.get("/").status_code == 302
    assert copy.get("/").status_code == 302


def test_logout_by_a_link_does_not_work(person: Person) -> None:
    """Only a form of the panel logs out."""
    assert person.get("/logout").status_code == 405
    assert person.get("/").status_code == 200


def test_a_session_ends_with_its_time_its_password_and_its_user(app: Flask) -> None:
    """Each alone is enough."""
    users = {"demo": CHEAP}
    with app.test_request_context():
        sessions = Sessions(users, hours=12.0)
        sessions.begin("demo", now=0.0)
        assert sessions.user(now=12 * 3600 - 1.0) == "demo"
        assert sessions.user(now=12 * 3600.0) == ""
        users["demo"] = CHEAP + "0"
        assert sessions.user(now=1.0) == ""
        users["demo"] = CHEAP
        assert sessions.user(now=1.0) == "demo"
        del users["demo"]
        assert sessions.user(now=1.0) == ""


def test_a_restart_brings_no_ended_session_back(room: Room, tmp_path: Path) -> None:
    """A cookie that was copied before its logout is worth nothing to the next run, whose secret is the same."""
    person = Person(create_app(settings_for(room, tmp_path)))
    person.login()
    kept = person.client.get_cookie("linewarden-session")
    assert kept is not None
    person.post("/logout")
    later = Person(create_app(settings_for(room, tmp_path)))
    later.client.set_cookie("linewarden-session", kept.value)
    assert later.get("/").status_code == 302
    assert later.login().status_code == 302
    assert later.get("/").status_code == 200


def test_a_password_in_the_wrong_field_is_not_logged(
    stranger: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """A name is told only where it is one."""
    stranger.login(name="my-S3cret!", password="x")
    stranger.login(name="demo", password="x")
    told = [vars(one)["user"] for one in caplog.records if "login refused" in one.message]
    assert told == ["an unknown name", "demo"]
    assert "S3cret" not in str([vars(one) for one in caplog.records])


@pytest.mark.parametrize("path", ["/order", "/login", "/logout", "/language"])
@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_a_form_without_the_token_does_nothing(person: Person, room: Room, path: str, token: str) -> None:
    """Another site cannot give orders in the name of who is logged in."""
    response = person.post_raw(path, csrf=token, verb="silence", name="demo", password=PASSWORD)
    assert response.status_code == 400
    assert "Nothing was done" in response.text
    assert room.orders == []
    assert person.get("/").status_code == 200


def test_an_order_of_a_stranger_does_not_reach_the_agent(stranger: Person, room: Room) -> None:
    """With a token of the login page, but without a login."""
    assert stranger.post("/order", verb="silence").status_code == 302
    assert room.orders == []


@pytest.mark.parametrize("path", ["/", "/login", "/static/panel.css", "/no/such/page"])
def test_every_response_carries_the_security_headers(person: Person, path: str) -> None:
    """Pages, files, redirects and refusals."""
    headers = person.get(path).headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (headers["Cache-Control"] == "no-store") == (not path.startswith("/static"))


def test_the_pages_own_script_is_told_of_a_lost_login(stranger: Person) -> None:
    """It wants no login page in the place of the branch."""
    assert stranger.get("/", **{LIVE_HEADER: "1"}).status_code == 401


def test_under_tls_the_cookie_stays_under_tls(room: Room, tmp_path: Path) -> None:
    """A plain connection never carries it."""
    settings = msgspec.structs.replace(settings_for(room, tmp_path), tls=Tls("unused", "unused"))
    client = create_app(settings).test_client()
    assert "Secure" in client.get("/login", base_url="https://panel.example").headers["Set-Cookie"]


def test_a_form_that_is_too_large_is_refused(person: Person) -> None:
    """Before anything of it is kept."""
    response = person.post("/order", verb="silence", note="x" * 100_000)
    assert response.status_code == 413


def test_the_language_switch_is_remembered_and_goes_back(person: Person) -> None:
    """The switch wins over what the browser asks for."""
    response = person.post("/language", language="zh", next="/device/ups-1")
    assert response.location == "/device/ups-1"
    assert "网点现状" in person.get("/device/ups-1").text
