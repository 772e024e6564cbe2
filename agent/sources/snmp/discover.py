"""`python -m agent.sources.snmp.discover`: one look at one agent by pysnmp; prints a `Finding`.

A request that is authenticated but not encrypted comes first: what the agent reports of it is about user and
authentication alone. If it is let in, or refused only for not being encrypted, an encrypted one that stays without an
answer shows that the keys of privacy differ.
"""

import asyncio
import sys
from typing import Any

import msgspec
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import errind

from agent.sources.snmp.client import User
from agent.sources.snmp.diagnosis import Finding, Suspect
from agent.sources.snmp.pysnmp_client import credentials

UPTIME = "1.3.6.1.2.1.1.3.0"

_REPORTS: dict[type[Exception], Finding] = {
    errind.UnknownUserName: "unknown user",
    errind.UnknownSecurityName: "unknown user",
    errind.WrongDigest: "wrong digest",
    errind.AuthenticationFailure: "wrong digest",
    errind.NotInTimeWindow: "not in time window",
    errind.DecryptionError: "decryption",
}


async def discover(suspect: Suspect) -> Finding:
    """What keeps a user out."""
    plain = await _ask(suspect, _authenticated_only(suspect.user))
    if isinstance(plain, errind.RequestTimedOut):
        return "no reply"
    if type(plain) in _REPORTS:
        return _REPORTS[type(plain)]
    encrypted = await _ask(suspect, credentials(suspect.user, "3"))
    if encrypted is None:
        return "answers"
    return _REPORTS.get(type(encrypted), "decryption")


def _authenticated_only(user: User) -> Any:
    whole = credentials(user, "3")
    return hlapi.UsmUserData(user.name, user.auth_phrase, authProtocol=whole.authentication_protocol)


async def _ask(suspect: Suspect, who: Any) -> Any:
    """What the library says went wrong; None if there was an answer, be it a refusal."""
    target_of = hlapi.Udp6TransportTarget if ":" in suspect.address else hlapi.UdpTransportTarget
    target = await target_of.create((suspect.address, suspect.port), timeout=suspect.timeout, retries=1)
    engine = hlapi.SnmpEngine()
    try:
        name = hlapi.ObjectType(hlapi.ObjectIdentity(UPTIME))
        answer = await hlapi.get_cmd(engine, who, target, hlapi.ContextData(), name, lookupMib=False)
        return answer[0]
    finally:
        engine.close_dispatcher()


def main() -> None:
    """Read the suspect from standard input, print the finding."""
    suspect = msgspec.json.decode(sys.stdin.buffer.read(), type=Suspect)
    sys.stdout.write(asyncio.run(discover(suspect)))


if __name__ == "__main__":
    main()
