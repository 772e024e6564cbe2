"""A site file of many SNMP devices for the bench: the same twenty OIDs from each, as `snmpd` serves them."""

from pathlib import Path

OIDS = {
    "sys.uptime": "1.3.6.1.2.1.1.3.0",
    "if.type": "1.3.6.1.2.1.2.2.1.3.1",
    "if.mtu": "1.3.6.1.2.1.2.2.1.4.1",
    "if.speed": "1.3.6.1.2.1.2.2.1.5.1",
    "if.admin": "1.3.6.1.2.1.2.2.1.7.1",
    "if.oper": "1.3.6.1.2.1.2.2.1.8.1",
    "if.in.octets": "1.3.6.1.2.1.2.2.1.10.1",
    "if.in.packets": "1.3.6.1.2.1.2.2.1.11.1",
    "if.in.discards": "1.3.6.1.2.1.2.2.1.13.1",
    "if.in.errors": "1.3.6.1.2.1.2.2.1.14.1",
    "if.out.octets": "1.3.6.1.2.1.2.2.1.16.1",
    "if.out.packets": "1.3.6.1.2.1.2.2.1.17.1",
    "if.out.discards": "1.3.6.1.2.1.2.2.1.19.1",
    "if.out.errors": "1.3.6.1.2.1.2.2.1.20.1",
    "hr.uptime": "1.3.6.1.2.1.25.1.1.0",
    "hr.processes": "1.3.6.1.2.1.25.1.6.0",
    "if.hc.in.octets": "1.3.6.1.2.1.31.1.1.1.6.1",
    "if.hc.in.packets": "1.3.6.1.2.1.31.1.1.1.7.1",
    "if.hc.out.octets": "1.3.6.1.2.1.31.1.1.1.10.1",
    "if.hc.out.packets": "1.3.6.1.2.1.31.1.1.1.11.1",
}

_ALARM = """
[[alarm]]
type = "{type}"
point = "{point}"
severity = "minor"
{limit}
text = {{ en = "{type}", zh = "{type}（测试）" }}
action = {{ en = "none", zh = "无" }}
causes = {{ en = "a bench", zh = "测试" }}
"""


def profile() -> str:
    """The device kind of the bench: twenty points, three limits."""
    points = "".join(
        f'[[point]]\nname = "{name}"\noid = "{oid}"\ntext = {{ en = "{name}", zh = "{name}（测）" }}\n'
        for name, oid in OIDS.items()
    )
    limits = {
        "processes-many": ("hr.processes", "raise_above = 100000\nclear_below = 90000"),
        "errors-many": ("if.in.errors", "raise_above = 1000000000"),
        "oper-down": ("if.oper", "raise_above = 1.5\nclear_below = 1.2"),
    }
    alarms = "".join(
        _ALARM.format(type=type_, point=point, limit=limit) for type_, (point, limit) in limits.items()
    )
    return f'id = "bench"\nkind = "snmp"\ntext = {{ en = "Bench", zh = "测试设备" }}\n{points}{alarms}'


def write_site(
    folder: Path,
    devices: int,
    port: int,
    *,
    interval: float,
    broker: int,
    user: str,
    library: str = "auto",
) -> Path:
    """A site of so many devices at 127.0.1.1 and following, with one lamp column and one dry contact."""
    (folder / "profiles").mkdir(parents=True, exist_ok=True)
    (folder / "profiles" / "bench.toml").write_text(profile())
    entries = "".join(
        f'[[device]]\nid = "device-{n}"\nprofile = "bench"\nlayer = "network"\naddress = "127.0.1.{n}"\nport = {port}\n'
        f'snmp = {{ community = "public", timeout = "1s", retries = 1, library = "{library}" }}\ninterval = {interval}\n'
        for n in range(1, devices + 1)
    )
    site = folder / "site.toml"
    site.write_text(
        f"""
[site]
id = "bench"
name = "Bench"
timezone = "UTC"
language = "en"
[broker]
host = "127.0.0.1"
port = {broker}
[agent]
data_dir = "{folder / "data"}"
socket = "{folder / "control.sock"}"
[rights.people]
"{user}" = "supervisor"
[board.lamps]
red = {{ pin = 17 }}
amber = {{ pin = 27 }}
green = {{ pin = 22 }}
[board.inputs]
door = {{ pin = 5, normally = "open", debounce = 0 }}
[[input]]
name = "door"
severity = "minor"
text = {{ en = "Door open", zh = "门开" }}
{entries}"""
    )
    return site
