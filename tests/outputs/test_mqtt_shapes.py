"""Everything that leaves the box fits the schema that the contract's own types make, and CloudEvents 1.0."""

import re
from datetime import datetime

import msgspec
import pytest

from agent import mqtt_contract as contract
from agent import publications
from agent.store.records import Entry, Epoch, Record
from tests.outputs.box import LONG_AGO, SITE, TOPICS
from tests.parts.listener import Listener
from tests.waiting import wait_for

TYPES = {
    "status": contract.StatusMessage,
    "event": contract.CloudEvent,
    "device": contract.DeviceMessage,
    "alarm": contract.AlarmMessage,
    "limits": contract.LimitsMessage,
    "maintenance": contract.MaintenanceMessage,
}
CLOUDEVENTS_REQUIRED = {"id", "source", "specversion", "type"}


SIMPLE = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
    None: lambda _: True,  # any JSON: the data of an event
}


def fits(value, schema, definitions):
    """Whether a JSON value fits a schema, as far as msgspec's schemas of our types go."""
    if "$ref" in schema:
        return fits(value, definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return any(fits(value, one, definitions) for one in schema["anyOf"])
    if schema.get("type") == "object":
        return isinstance(value, dict) and fits_object(value, schema, definitions)
    if schema.get("type") == "array":
        return isinstance(value, list) and all(fits(one, schema["items"], definitions) for one in value)
    return SIMPLE[schema.get("type")](value)


def fits_object(value, schema, definitions):
    """Whether an object has what it must have and nothing that the schema does not know."""
    known, rest = schema.get("properties", {}), schema.get("additionalProperties")
    if set(schema.get("required", ())) - set(value):
        return False
    if not isinstance(rest, dict) and set(value) - set(known):
        return False
    return all(fits(one, known.get(name, rest), definitions) for name, one in value.items())


def check(kind, payload):
    """Fail unless a message fits its schema."""
    (schema,), definitions = msgspec.json.schema_components([TYPES[kind]])
    assert fits(msgspec.json.decode(payload), schema, definitions), (kind, payload)


def test_the_check_can_fail():
    """A missing, a mistyped and an unknown leaf are seen."""
    event = b'{"id":"a","source":"b","type":"c","time":"d","data":{},"epoch":"e","seq":1%s}'
    check("event", event % b"")
    for wrong in (
        event.replace(b'"seq":1', b'"seq":"1"'),
        event.replace(b'"id":"a",', b""),
        event % b',"x":1',
    ):
        with pytest.raises(AssertionError):
            check("event", wrong if b"%s" not in wrong else wrong % b"")


def test_everything_published_fits(broker, box):
    """Every message of a box fits the schema of its topic."""
    with Listener(broker.port) as noc:
        with box(broker.port, alarms=["ups-1.on-battery"]) as one:
            one.change_limits("ups-1.overload")
            one.submit(5)
            one.await_drained()
            wait_for(lambda: len(noc.events()) == 5, what="the events")
            wait_for(lambda: len(noc.at("/device/")) == 2, what="the devices")
        noc.await_message(lambda m: m.topic == TOPICS.status and not m.json["online"], "the farewell")
    kinds = set()
    for message in noc.heard:
        kind = message.topic.removeprefix(TOPICS.root).split("/")[1]
        kinds.add(kind)
        check(kind, message.payload)
    assert kinds == set(TYPES)
    for event in noc.events():
        assert set(event) >= CLOUDEVENTS_REQUIRED
        assert event["data"] == {"what": [1, "漢"]}


def record(wall: float, subject: str = "") -> Record:
    """One entry in its place."""
    return Record(Epoch(7, "k3f9"), 12, Entry("alarm.raised", subject, wall, b'{"a":1}'), b"")


def test_cloud_event():
    """An event's attributes follow CloudEvents 1.0: names, a URI reference as source, an RFC 3339 time."""
    event = msgspec.json.decode(
        msgspec.json.encode(publications.event(SITE, record(LONG_AGO, "ups-1.x"), 2e9))
    )
    assert event["id"] == "sh-0042:7-k3f9:12"
    assert event["source"] == TOPICS.root
    assert event["type"] == "linewarden.alarm.raised"
    assert event["subject"] == "ups-1.x"
    assert (event["specversion"], event["datacontenttype"]) == ("1.0", "application/json")
    assert all(re.fullmatch("[a-z0-9]+", name) for name in event)
    assert datetime.fromisoformat(event["time"]).timestamp() == LONG_AGO
    assert "subject" not in msgspec.json.decode(msgspec.json.encode(publications.event(SITE, record(0), 0)))


@pytest.mark.parametrize(("age", "historical"), [(-5, False), (0, False), (60, False), (60.5, True)])
def test_historical(age, historical):
    """Historical is what is published more than a minute after it happened."""
    assert publications.event(SITE, record(LONG_AGO), LONG_AGO + age).historical is historical
