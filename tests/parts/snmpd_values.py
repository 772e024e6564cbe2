"""Net-SNMP's `pass_persist` protocol over a JSON file of values: `snmpd_values.py FILE`."""

import json
import sys
from pathlib import Path


def key(oid: str) -> tuple[int, ...]:
    """An OID in the order in which agents walk."""
    return tuple(int(part) for part in oid.strip(".").split("."))


def answer(command: str, oid: str, values: dict[str, int | str]) -> list[str]:
    """The lines that answer one request."""
    ordered = sorted(values, key=key)
    if command == "get":
        found = [one for one in ordered if key(one) == key(oid)]
    else:
        found = [one for one in ordered if key(one) > key(oid)][:1]
    if not found:
        return ["NONE"]
    value = values[found[0]]
    return [f".{found[0]}", "integer" if isinstance(value, int) else "string", str(value)]


def main() -> None:
    """Answer until the agent hangs up."""
    path = Path(sys.argv[1])
    for line in sys.stdin:
        command = line.strip().lower()
        if command == "ping":
            print("PONG", flush=True)
        elif command in ("get", "getnext"):
            oid = sys.stdin.readline().strip()
            print("\n".join(answer(command, oid, json.loads(path.read_text()))), flush=True)


if __name__ == "__main__":
    main()
