"""The plan of the retained topics against a broker that is a dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from agent.outputs.retained import EMPTY, Retained


def take_all(retained: Retained, now: float, compose=lambda _: b"composed") -> list[tuple[str, bytes]]:
    """Everything that is to be published now, without an acknowledgement."""
    return list(iter(lambda: retained.take(now, compose), None))


def test_alarms_before_devices():
    """What is wrong now goes first."""
    retained = Retained(60)
    retained.device("device/a", 0)
    retained.alarm("alarm/a", b"1")
    assert [topic for topic, _ in take_all(retained, 0)] == ["alarm/a", "device/a"]


def test_one_under_way_per_topic():
    """A second change waits for the first one's acknowledgement; of many, the last is published."""
    retained = Retained(60)
    retained.alarm("alarm/a", b"1")
    assert take_all(retained, 0) == [("alarm/a", b"1")]
    retained.alarm("alarm/a", b"2")
    retained.alarm("alarm/a", b"3")
    assert take_all(retained, 0) == []
    retained.confirm("alarm/a")
    assert take_all(retained, 0) == [("alarm/a", b"3")]


def test_the_same_again_makes_no_message():
    """Whoever is not sure whether something changed may say it again; after a loss everything is asserted anew."""
    retained = Retained(60)
    for confirmed in (False, True):
        retained.alarm("alarm/a", b"1")
        assert take_all(retained, 0) == ([] if confirmed else [("alarm/a", b"1")])
        retained.confirm("alarm/a")
    retained.lost()
    assert take_all(retained, 0) == [("alarm/a", b"1")]


def test_what_was_not_taken_goes_again():
    """As it should stand by then: an alarm, and a device before its minute is over."""
    retained = Retained(60)
    retained.alarm("alarm/a", b"1")
    retained.device("device/a", 0)
    assert len(take_all(retained, 0)) == 2
    retained.alarm("alarm/a", b"2")
    for topic in ("alarm/a", "device/a"):
        retained.again(topic, 1)
    assert take_all(retained, 1) == [("alarm/a", b"2"), ("device/a", b"composed")]
    retained.alarm("alarm/a", EMPTY)
    retained.confirm("alarm/a")
    assert take_all(retained, 1) == [("alarm/a", EMPTY)]
    for topic in ("alarm/a", "device/a"):
        retained.confirm(topic)
        retained.again(topic, 2)
    assert take_all(retained, 2) == [("alarm/a", EMPTY), ("device/a", b"composed")]


def test_device_once_a_minute():
    """A device is published when its minute is over and it changed, or at once when asked."""
    retained = Retained(60)
    values = iter([b"1", b"2", b"2", b"3"])
    retained.device("device/a", 0)
    compose = lambda _: next(values)  # noqa: E731
    for now, published in [(0, [b"1"]), (59, []), (60, [b"2"]), (120, [])]:
        assert [payload for _, payload in take_all(retained, now, compose)] == published
        retained.confirm("device/a")
    retained.device("device/a", 121)
    assert take_all(retained, 121, compose) == [("device/a", b"3")]


def test_a_device_that_said_nothing_yet_does_not_wait_for_its_minute():
    """Published empty at first, its first answer follows within a second; then its minute counts again."""
    retained = Retained(60)
    values = iter([b"", b"1", b"2"])

    def compose(topic: str) -> bytes:
        value = next(values)
        if not value:
            retained.unheard(topic)
        return value

    retained.device("device/a", 0)
    for now, published in [(0, [b""]), (0.5, []), (1, [b"1"]), (30, []), (61, [b"2"])]:
        assert [payload for _, payload in take_all(retained, now, compose)] == published
        retained.confirm("device/a")


def test_ghost_goes_and_ours_stay():
    """What the broker holds and nobody wants is emptied once; what is wanted is not touched."""
    retained = Retained(60)
    retained.alarm("alarm/ours", b"1")
    retained.device("device/ours", 1000)
    for topic in ("alarm/ours", "alarm/ghost", "device/ours", "device/ghost"):
        retained.seen(topic)
    assert take_all(retained, 0) == [("alarm/ours", b"1"), ("alarm/ghost", EMPTY), ("device/ghost", EMPTY)]
    retained.confirm("alarm/ghost")
    retained.lost()
    assert take_all(retained, 0) == [
        ("alarm/ours", b"1"),
        ("device/ghost", EMPTY),
        ("device/ours", b"composed"),
    ]


TOPICS = st.sampled_from(["alarm/a", "alarm/b", "alarm/c"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("alarm"), TOPICS, st.sampled_from([EMPTY, b"1", b"2", b"3"])),
        st.tuples(st.just("publish"), st.integers(1, 3), st.none()),
        st.tuples(st.just("confirm"), st.integers(0, 5), st.none()),
        st.tuples(st.just("lose"), st.integers(0, 3), st.none()),
        st.tuples(st.just("broker forgets"), st.none(), st.none()),
    ),
    max_size=50,
)


class Play:
    """A plan, a broker, and what is on its way between them."""

    def __init__(self, held: dict[str, bytes]) -> None:
        self.retained = Retained(60)
        self.wanted: dict[str, bytes] = {}
        self.held = dict(held)
        self.way: list[tuple[str, bytes]] = []
        for topic in held:
            self.retained.seen(topic)

    def alarm(self, topic: str, payload: bytes) -> None:
        """Change an alarm."""
        self.wanted[topic] = payload
        self.retained.alarm(topic, payload)

    def publish(self, count: int, _: object = None) -> None:
        """Publish some."""
        for _ in range(count):
            if taken := self.retained.take(0, lambda _: b""):
                assert taken[0] not in [topic for topic, _ in self.way]
                self.way.append(taken)

    def confirm(self, which: int, _: object = None) -> None:
        """Have one arrive and acknowledged."""
        if self.way:
            topic, payload = self.way.pop(which % len(self.way))
            self.held[topic] = payload
            self.retained.confirm(topic)

    def lose(self, arrived: int, _: object = None) -> None:
        """Break the link when some have arrived whose acknowledgement has not."""
        self.held.update(self.way[:arrived])
        self.way.clear()
        self.retained.lost()

    def forget(self) -> None:
        """Have a broker without a disk restart."""
        self.held.clear()
        self.lose(0)


@given(st.dictionaries(TOPICS, st.just(b"old")), STEPS)
def test_broker_ends_up_with_what_is_wanted(held, steps):
    """Whatever is lost on the way, in the end the broker holds exactly the alarm list."""
    play = Play(held)
    for what, first, second in steps:
        play.forget() if what == "broker forgets" else getattr(play, what)(first, second)
    for _ in range(20):
        play.publish(3)
        play.confirm(0)
    assert {t: p for t, p in play.held.items() if p} == {t: p for t, p in play.wanted.items() if p}
