"""The branch that the machine watches: its devices are real parts on this machine, which it reaches as 10.0.2.2."""

import tomllib
from pathlib import Path
from typing import Any

import pyrage

from agent.config.load import SHIPPED
from agent.demo.site import shorten
from tests.e2e.rig import CONFIGURATION, SITE
from web.passwords import hash_password

HOST = "10.0.2.2"
"""This machine, as the guest sees it."""
UPS = "/dev/ttyUSB0"
BROWSERS = "10.0.9.0/24"
"""The network of the machine by which ssh and browsers come in."""
EVERYWHERE = "0.0.0.0"  # noqa: S104  # within the machine, whose firewall says who comes
USERS = {"demo": "lab password"}


def variables(bundles: Path, signer: str, broker: int, snmp: int) -> dict[str, Any]:
    """What the inventory says of the branch.

    Args:
        bundles: folder of bundles.
        signer: public key.
        broker: port of the broker.
        snmp: port of the PBX's SNMP agent.
    """
    text = CONFIGURATION.format(
        site=SITE, broker=broker, data="-", socket="-", user="root", snmp=snmp, serial=UPS
    )
    site = tomllib.loads(text)
    del site["agent"]
    site["backup"] = {"recipients": [str(pyrage.x25519.Identity.generate().to_public())]}
    site["broker"]["host"] = HOST
    for device in site["device"]:
        device["interval"] = "2s"
        if "snmp" in device:
            device["address"] = HOST
            device["snmp"] = {"community_file": "credential:pbx-1.community", "timeout": "2s", "retries": 1}
    return {
        "appliance_bundles": str(bundles),
        "appliance_signers": [signer],
        "appliance_site": site,
        "appliance_profiles": shortened(),
        "appliance_credentials": {"pbx-1.community": "public"},
        "appliance_networks": [HOST],
        "appliance_panel_networks": [BROWSERS],
        "appliance_panel": {
            "listen": {"address": EVERYWHERE, "port": 8443, "plain_http": True},
            "users": {name: hash_password(word) for name, word in USERS.items()},
        },
        "appliance_settle": 10,
        "hardening_panel_networks": [BROWSERS],
        "base_ntp_servers": [],
    }


def shortened() -> dict[str, Any]:
    """The profiles in use with delays of a second at most; the machine's own keeps its patience."""
    names = ("broker", "journal", "megatec", "sip-pbx")
    texts = {name: shorten((SHIPPED / f"{name}.toml").read_text(), most=1) for name in names}
    return {name: tomllib.loads(text) for name, text in texts.items()}
