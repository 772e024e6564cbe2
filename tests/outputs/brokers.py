"""Brokers of every kind that a bank may run, and what a box and the NOC need to speak to each."""

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.outputs.box import SITE
from tests.parts.certificates import Authority, Pair
from tests.parts.listener import Listener
from tests.parts.mosquitto import Mosquitto

BOX_WORD, NOC_WORD = "a-word-of-the-box", "a-word-of-the-noc"


class Papers(NamedTuple):
    """The certificates of a run of tests."""

    ca: Path
    server: Pair
    box: Pair
    noc: Pair
    strangers: Authority
    authority: Authority


def make_papers(folder: Path) -> Papers:
    """Found two authorities, and sign what every test needs."""
    authority = Authority(folder, "bank-ca")
    return Papers(
        authority.file,
        authority.broker("broker"),
        authority.client(SITE),
        authority.client("noc"),
        Authority(folder, "strangers-ca"),
        authority,
    )


def users_file(folder: Path) -> Path:
    """The broker's file of users and hashed passwords."""
    users = folder / "users"
    for name, word, flag in (("box", BOX_WORD, "-c"), ("noc", NOC_WORD, "")):
        command = ["mosquitto_passwd", *filter(None, [flag]), "-b", str(users), name, word]
        subprocess.run(command, check=True, capture_output=True)
    return users


def secret(folder: Path, word: str) -> str:
    """A file with a password, as the site file names it."""
    path = folder / "word"
    path.write_text(f"{word}\n")
    path.chmod(0o600)
    return str(path)


class Kind(NamedTuple):
    """A broker's configuration, and how box and NOC identify themselves."""

    extra: str
    box: dict[str, Any]
    login: tuple[str, str] | None
    noc: Pair | None
    tls: bool


def tls_lines(pair: Pair) -> str:
    """A listener with TLS and this certificate."""
    return f"certfile {pair.cert}\nkeyfile {pair.key}\n"


def kind(name: str, folder: Path, papers: Papers) -> Kind:
    """A kind of broker by name."""
    trust = {"ca_file": str(papers.ca)}
    ours = trust | {"cert_file": str(papers.box.cert), "key_file": str(papers.box.key)}
    certificates = f"{tls_lines(papers.server)}cafile {papers.ca}\nrequire_certificate true\n"
    match name:
        case "plain":
            return Kind("", {}, None, None, False)
        case "password":
            extra = f"allow_anonymous false\npassword_file {users_file(folder)}\n"
            word = {"user": "box", "password_file": secret(folder, BOX_WORD)}
            return Kind(extra, word, ("noc", NOC_WORD), None, False)
        case "tls":
            return Kind(tls_lines(papers.server), trust, None, None, True)
        case "certificate":
            return Kind(certificates, ours, None, papers.noc, True)
        case _:
            # The common name is the user, and the user may write below its own site only.
            acl = folder / "acl"
            acl.write_text("user noc\ntopic read #\n\npattern readwrite linewarden/v1/%u/#\n")
            extra = f"{certificates}use_identity_as_username true\nacl_file {acl}\nallow_anonymous false\n"
            return Kind(extra, ours, None, papers.noc, True)


KINDS = ("plain", "password", "tls", "certificate", "identity")


def context(one: Kind, papers: Papers) -> ssl.SSLContext | None:
    """The NOC's TLS to this broker."""
    if not one.tls:
        return None
    made = ssl.create_default_context(cafile=papers.ca)
    if one.noc is not None:
        made.load_cert_chain(one.noc.cert, one.noc.key)
    return made


@contextmanager
def running(name: str, folder: Path, papers: Papers) -> Iterator[tuple[Mosquitto, Kind]]:
    """A Mosquitto of this kind."""
    one = kind(name, folder, papers)
    with Mosquitto(folder, one.extra) as broker:
        yield broker, one


def noc(port: int, one: Kind, papers: Papers, topic: str = "#") -> Listener:
    """The NOC's ear at this broker."""
    return Listener(port, topic, login=one.login, tls=context(one, papers))
