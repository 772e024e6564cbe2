"""The MQTT output on a real Mosquitto, on a good day."""

import time

from agent.outputs.mqtt import Pace
from tests.outputs.box import QUICK, TOPICS
from tests.parts.listener import Listener
from tests.waiting import wait_for


def ids(events):
    """The numbers of events, each once, in the order of first arrival."""
    return list(dict.fromkeys((event["epoch"], event["seq"]) for event in events))


def test_late_subscriber_sees_the_whole_alarm_list(broker, box):
    """Whoever subscribes later sees every listed alarm and device as they are, and none that left the list."""
    with box(broker.port, alarms=["ups-1.on-battery", "pbx-1.unreachable"]) as one:
        one.raise_alarm("pbx-1.overload")
        one.drop_alarm("pbx-1.unreachable")
        one.raise_alarm("ups-1.on-battery", "changed")
        with Listener(broker.port) as early:
            early.await_message(lambda m: b"changed" in m.payload, "the change")
            early.await_message(lambda m: m.topic == TOPICS.device("pbx-1"), "the devices")
        with Listener(broker.port) as late:
            late.await_message(lambda m: m.topic == TOPICS.device("pbx-1"), "the devices")
            alarms = {m.topic: m.json for m in late.heard if "/alarm/" in m.topic}
    assert set(alarms) == {TOPICS.alarm("ups-1.on-battery"), TOPICS.alarm("pbx-1.overload")}
    assert alarms[TOPICS.alarm("ups-1.on-battery")]["alarm-text"] == "changed"


def test_events_in_order(broker, box):
    """Events arrive in the journal's order, each once, fresh ones not marked historical."""
    with Listener(broker.port) as noc, box(broker.port) as one:
        one.await_up()
        one.submit(300, time.time())
        one.await_drained()
        wait_for(lambda: len(noc.events()) >= 300, 60, "300 events")
        events = noc.events()
    assert [event["seq"] for event in events] == list(range(1, 301))
    assert not any(event["historical"] for event in events)


def test_cursor_survives_restart(broker, box):
    """After a restart only what was not confirmed is published."""
    with Listener(broker.port) as noc:
        with box(broker.port) as one:
            one.submit(20)
            one.await_drained()
        with box(broker.port) as again:
            again.submit(5)
            again.await_drained()
            wait_for(lambda: len(ids(noc.events())) >= 25, 60, "25 events")
        numbers = [event["seq"] for event in noc.events()]
    assert numbers == list(range(1, 26))


def test_birth_and_farewell(broker, box):
    """Status is retained: online while the box runs, offline after it closed in good order."""
    with box(broker.port) as one:
        one.await_up()
        with Listener(broker.port, TOPICS.status) as noc:
            birth = noc.await_message(lambda m: m.json["online"], "the birth").json
            assert birth["mqtt"] == "5"
            assert birth["epoch"] == "1-box0"
            one.stop()
            noc.await_message(lambda m: not m.json["online"], "the farewell")
    assert one.links == [True]


def test_alarm_leaves_list(broker, box):
    """An alarm that left the list is emptied at the broker."""
    with Listener(broker.port) as noc, box(broker.port, alarms=["ups-1.on-battery"]) as one:
        topic = TOPICS.alarm("ups-1.on-battery")
        noc.await_message(lambda m: m.topic == topic and m.payload != b"", "the alarm")
        one.drop_alarm("ups-1.on-battery")
        noc.await_message(lambda m: m.topic == topic and m.payload == b"", "its end")


def test_limits_changed_on_site_are_retained(broker, box):
    """Whoever comes later sees what is in force; an empty list says that nothing is, also after a start."""

    def told(listener, alarms):
        listener.await_message(
            lambda m: m.topic == TOPICS.limits and [one["alarm"] for one in m.json["overrides"]] == alarms,
            f"the limits {alarms}",
        )

    with box(broker.port) as one:
        with Listener(broker.port) as noc:
            told(noc, [])
            one.change_limits("ups-1.overload")
            told(noc, ["ups-1.overload"])
        with Listener(broker.port) as late:
            told(late, ["ups-1.overload"])
    with box(broker.port), Listener(broker.port) as later:
        told(later, [])


def test_device_waits_for_its_minute_unless_urgent(broker, box):
    """A new reading waits for its turn; one that changed an alarm condition does not."""
    with Listener(broker.port) as noc, box(broker.port) as one:
        noc.await_message(lambda m: m.topic == TOPICS.device("pbx-1"), "the first publication")
        noc.await_message(lambda m: m.topic == TOPICS.device("ups-1"), "the first publication")
        one.warm_up("pbx-1", 77.0, urgent=False)
        one.warm_up("ups-1", 88.0, urgent=True)
        noc.await_message(lambda m: b"88.0" in m.payload, "the urgent reading")
        one.submit(1)
        one.await_drained()
        assert not [m for m in noc.heard if b"77.0" in m.payload]


def test_device_is_refreshed(broker, box):
    """What changed is published when its time has come, though nobody asked."""
    pace = Pace(status=0.02, turn=0.02, device=0.1)
    with Listener(broker.port) as noc, box(broker.port, pace=pace) as one:
        noc.await_message(lambda m: m.topic == TOPICS.device("pbx-1"), "the first publication")
        one.warm_up("pbx-1", 77.0, urgent=False)
        noc.await_message(lambda m: b"77.0" in m.payload, "the refresh")


def test_status_follows_clock(broker, box):
    """A change of the clock's quality is told."""
    with Listener(broker.port) as noc, box(broker.port) as one:
        noc.await_message(lambda m: m.topic == TOPICS.status, "the birth")
        one.set_clock("holdover")
        noc.await_message(
            lambda m: m.topic == TOPICS.status and m.json["clock"] == "holdover", "the clock's status"
        )


def test_ghosts_are_emptied(broker, box):
    """Alarms and devices that an earlier life left at the broker go; foreign topics are left alone."""
    ghosts = [TOPICS.alarm("old.alarm"), TOPICS.device("old-device")]
    foreign = "linewarden/v1/other/alarm/theirs"
    with Listener(broker.port) as noc:
        for topic in (*ghosts, foreign, TOPICS.alarm("ups-1.on-battery")):
            noc.publish(topic, "{}")
        with box(broker.port, alarms=["ups-1.on-battery"]) as one:
            for ghost in ghosts:
                noc.await_message(lambda m, topic=ghost: m.topic == topic and m.payload == b"", "its end")
            one.submit(1)
            one.await_drained()
        with Listener(broker.port) as late:
            late.await_message(lambda m: m.topic == TOPICS.status, "the status")
            held = {m.topic for m in late.heard}
    assert foreign in held
    assert TOPICS.alarm("ups-1.on-battery") in held
    assert not held & set(ghosts)


def test_broker_knows_a_higher_epoch(broker, box):
    """Database and side file were lost: the box numbers anew above the epoch that its own status names."""
    with Listener(broker.port) as noc:
        noc.publish(TOPICS.status, '{"epoch": "7-lost", "online": false}')
        with box(broker.port) as one:
            status = noc.await_message(
                lambda m: m.topic == TOPICS.status and m.json["epoch"].startswith("8-"), "the new epoch"
            )
            one.submit(3)
            one.await_drained()
            wait_for(lambda: len(noc.events()) >= 3, 60, "the events")
            assert {event["epoch"] for event in noc.events()} == {status.json["epoch"]}


def test_rubbish_is_ignored(broker, box, caplog):
    """A retained status that is none, and a huge one, do no harm and are told in one line."""
    with Listener(broker.port) as noc:
        noc.publish(TOPICS.status, b"\xff\x00 no json")
        noc.publish(TOPICS.alarm("huge"), b"x" * 200_000)
        noc.publish(TOPICS.device("much-too-huge"), b"x" * 2_000_000)
        with box(broker.port) as one:
            one.submit(3)
            one.await_drained()
            noc.await_message(lambda m: m.topic == TOPICS.alarm("huge") and m.payload == b"", "its end")
    assert sum("ignoring" in record.getMessage() for record in caplog.records) == 1
    assert one.links == [True]


def test_status_pace_is_default():
    """The defaults are those of the design: a device once a minute, a status at most every five seconds."""
    assert (Pace().device, Pace().status, Pace().retry_most) == (60.0, 5.0, 60.0)
    assert QUICK.device == Pace().device
