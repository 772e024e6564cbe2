"""The network interfaces of the machine."""

from socket import AF_INET, AF_INET6

import psutil
from msgspec import Struct


class Interface(Struct, frozen=True):
    """A network interface, without the addresses of its hardware."""

    name: str
    is_up: bool
    speed: int
    """Mbit/s; 0 where it does not tell."""
    mtu: int
    addresses: tuple[str, ...]
    """IPv4 and IPv6."""


def interfaces() -> list[Interface]:
    """The network interfaces of this machine."""
    addresses, states = psutil.net_if_addrs(), psutil.net_if_stats()
    return [
        Interface(
            name,
            state.isup,
            state.speed,
            state.mtu,
            tuple(one.address for one in addresses.get(name, ()) if one.family in (AF_INET, AF_INET6)),
        )
        for name, state in sorted(states.items())
    ]
