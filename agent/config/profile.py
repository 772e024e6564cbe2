"""A device kind as data: how to recognise it, its points, and the alarms that come of them.

The Structs here are the schema of a profile in TOML. Names of points are NUT's where NUT has one; units are UCUM.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from agent.config.words import Duration, Line, Oid, PointName, SeverityWord, Slug, Wording
from agent.core.model import Bounds, Limit, Severity, Value

Kind = Literal["snmp", "megatec", "host", "broker", "journal"]
BUILT_IN_KINDS = frozenset({"host", "broker", "journal"})
"""Kinds of the devices that every box has by itself; a site file does not name them."""

Raw = int | float | str
Token = Annotated[str, Meta(pattern=r"^[^\s\x00-\x1f]+\Z", description="one word without spaces")]


class ProfilePoint(Struct, frozen=True, omit_defaults=True):
    """One point of a device kind, and how to read it.

    Attributes:
        name: what the point is called everywhere.
        text: what a person calls it.
        type: what a good value is.
        oid: the instance to ask for (SNMP); scalar instances end in `.0`.
        unit: UCUM, of the scaled value.
        scale: multiplier from what the device says to `unit`.
        enum: number the device says → word.
        bits: value of a bit → its word; the words of the bits that are set, joined by spaces, are the value.
        precedence: of the words of `bits`, the value is the first of these that is set: the root of the others.
        unknown: what the device says, before scaling, when it does not know.
        minimum: least value, after scaling, that can be believed.
        maximum: greatest one.
        zero: 0 can be believed although it is out of bounds: without voltage there is no frequency.
        counter: bits of the counter that it is (32 or 64), where alarms limit its change.
        absent: what it means that the device does not have the variable, as if it had said so: where a sub-agent has
            died, its whole tree is gone.
        optional: some devices of this kind do not have it: where it is missing it is left out, not bad.
    """

    name: PointName
    text: Wording
    type: Literal["number", "text", "enum", "bits", "flag"] = "number"
    oid: Oid | None = None
    unit: Line | None = None
    scale: float = 1.0
    enum: dict[int, Line] = field(default_factory=dict)
    bits: dict[int, Token] = field(default_factory=dict)
    precedence: tuple[Token, ...] = ()
    unknown: tuple[Raw, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    zero: bool = False
    counter: Literal[32, 64] | None = None
    absent: Raw | None = None
    optional: bool = False


class Excuse(Struct, frozen=True, omit_defaults=True):
    """What makes readings of another point say nothing: a point, and the values (`in`) or words (`has`) in question.

    Attributes:
        point: tells of it.
        among: values of the point that excuse.
        has: words of the point that excuse.
        text: what a person calls it; unless given, what the point is called.
        at_most: for so long without a break; a test that never ends hides nothing for ever.
        provided: points that may not read less meanwhile: a self-test without mains at the input is a mains failure.
            A point that says nothing does not tell against it.
    """

    point: PointName
    among: tuple[Value, ...] = field(default=(), name="in")
    has: tuple[Token, ...] = ()
    text: Wording | None = None
    at_most: Duration = 3600.0
    provided: dict[PointName, float] = field(default_factory=dict)


class OftenEntry(Struct, frozen=True, omit_defaults=True):
    """The alarm that a condition which passes before its on-delay ends comes often: `count` times `within` so long.

    It is cleared when the condition has stayed away for as long.
    """

    type: Slug
    severity: SeverityWord
    count: Annotated[int, Meta(ge=2, le=50)]
    within: Duration
    text: Wording
    action: Wording
    causes: Wording


class Adjustable(Struct, frozen=True, omit_defaults=True):
    """Which numbers of an alarm a supervisor may change on site, each with the least and the greatest value."""

    raise_above: tuple[float, ...] | None = None
    clear_below: tuple[float, ...] | None = None
    raise_below: tuple[float, ...] | None = None
    clear_above: tuple[float, ...] | None = None
    on_delay: tuple[Duration, ...] | None = None
    off_delay: tuple[Duration, ...] | None = None

    @property
    def given(self) -> dict[str, tuple[float, ...]]:
        """What is given, by name."""
        pairs = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in pairs if value is not None}


class LevelEntry(Struct, frozen=True, omit_defaults=True):
    """A level of an alarm: while its limit is crossed the alarm is as serious as this.

    The limit is of the kind of the alarm's own, and further out; delays are those of the alarm unless given.
    """

    severity: SeverityWord
    raise_above: float | None = None
    clear_below: float | None = None
    raise_below: float | None = None
    clear_above: float | None = None
    among: tuple[Value, ...] = field(default=(), name="in")
    has: tuple[Token, ...] = ()
    on_delay: Duration | None = None
    off_delay: Duration | None = None

    def limit(self, per: float) -> Limit:
        """The limit as the core judges it; the change within a time, where the alarm's own is."""
        return Limit(
            self.raise_above,
            self.clear_below,
            self.raise_below,
            self.clear_above,
            self.among,
            self.has,
            per,
        )


class AlarmEntry(Struct, frozen=True, omit_defaults=True):
    """One alarm of a device kind: from which point, at which limit, and what to say and do then.

    Exactly one kind of limit is given: `raise_above` (with `clear_below`), `raise_below` (with `clear_above`), `in`
    (the point has one of these values) or `has` (the point's words have one of these; with `clear_has` only one of
    those ends it). Delays are seconds.
    """

    type: Slug
    point: PointName
    severity: SeverityWord
    text: Wording
    action: Wording
    causes: Wording
    qualifier: Slug | None = None
    raise_above: float | None = None
    clear_below: float | None = None
    raise_below: float | None = None
    clear_above: float | None = None
    among: tuple[Value, ...] = field(default=(), name="in")
    has: tuple[Token, ...] = ()
    clear_has: tuple[Token, ...] = ()
    on_delay: Duration = 0.0
    off_delay: Duration = 0.0
    per: Duration = 0.0
    """The numbers are of the change within so long, not of the value itself."""
    confirm: tuple[int, ...] = ()
    """`[2, 3]`: two of the last three readings must say it before a delay begins."""
    unless: Excuse | tuple[Excuse, ...] = ()
    """While this holds, or one of several, such as a self-test, readings neither raise nor clear."""
    brief: Wording | None = None
    """What a person calls it where it passes before its on-delay ends: then that is noted in the journal."""
    often: OftenEntry | None = None
    """The alarm that it passes so often."""
    explained_by: tuple[Slug, ...] = ()
    """Alarm types of this kind of which it is a consequence."""
    explained_by_dependencies: bool = False
    """Whether it is a consequence of trouble with what the device depends on."""
    takes_down: bool = False
    """Whether what depends on the device cannot work while this alarm stands; `unreachable` always does."""
    adjustable: Adjustable = Adjustable()
    """What may be changed on site, and how far; what is not named stays as it is."""
    worse: tuple[LevelEntry, ...] = ()
    """Levels at which the standing alarm becomes worse, each with a limit further out."""
    will_clear: bool = True
    """Whether a normal reading clears it (RFC 8632, will-clear); else a person closes it."""

    @property
    def excuses(self) -> tuple[Excuse, ...]:
        """What excuses it, also where it is only one thing."""
        return (self.unless,) if isinstance(self.unless, Excuse) else self.unless

    @property
    def limit(self) -> Limit:
        """The limit as the core judges it."""
        return Limit(
            self.raise_above,
            self.clear_below,
            self.raise_below,
            self.clear_above,
            self.among,
            self.has,
            self.per,
            clear_tokens=self.clear_has,
        )

    @property
    def bounds(self) -> dict[str, Bounds]:
        """How far each number may be changed on site, as the core has it."""
        return {name: Bounds(given[0], given[-1]) for name, given in self.adjustable.given.items()}

    @property
    def limit_kinds(self) -> list[str]:
        """The names of the limits that are given; one, where the profile is right."""
        given = {
            "raise_above": self.raise_above is not None,
            "raise_below": self.raise_below is not None,
            "in": bool(self.among),
            "has": bool(self.has),
        }
        return [name for name, is_given in given.items() if is_given]


class NotPresent(Struct, frozen=True, omit_defaults=True):
    """What to say when a row that a site names is not in its table, after the word of ifOperStatus (RFC 2863).

    In the texts `{table}` stands for what the table is called, `{row}` and `{key}` for the row.
    """

    severity: SeverityWord = Severity.MAJOR
    on_delay: Duration = 120.0
    text: Wording = Wording(
        "{table} {row} ({key}) is not present in the device", "设备上找不到{table} {row}（{key}）"
    )
    causes: Wording = Wording(
        "Module pulled or failed; port renamed; another device at this address; two rows of this name",
        "板卡被拔或故障；端口改了名；该地址换了设备；有两行同名",
    )
    action: Wording = Wording(
        "Look whether the module of {row} is seated and its light burns; else compare {key} with the names in the device and correct `rows` in site.toml",
        "看 {row} 所在板卡是否插好、指示灯是否亮；正常就把 {key} 与设备上的名称核对，不符则改 site.toml 的 rows",
    )


class TableEntry(Struct, frozen=True, omit_defaults=True):
    """A table whose rows a site finds by name, since a device may number them anew (RFC 2863, section 3.1.5).

    For each row that a site names under `rows`, the columns become points `<table>.<row>.<column>`, and the alarms have
    `<table>-<row>` as their qualifier. In their texts `{row}` stands for the site's name of the row and `{key}` for the device's.

    Attributes:
        name: what the table is called in points and in the site file.
        text: what a person calls one row.
        key: OID of the column that names a row; the other columns share its index.
        rows: our name of a row → what stands in its key column, or `#` and its index where that never changes; holds
            for sites that name no rows of their own.
        repetitions: rows asked for at a time when rows are looked for (GETBULK).
        not_present: of the alarm that a row is not there; a row by its index never has it.
        column: a point each, with the OID of the column.
        alarm: alarms of each row; `point` is the name of a column.
    """

    name: Slug
    text: Wording
    key: Oid
    rows: dict[Slug, Line] = field(default_factory=dict)
    repetitions: Annotated[int, Meta(ge=1, le=100)] = 20
    not_present: NotPresent = NotPresent()
    column: tuple[ProfilePoint, ...] = ()
    alarm: tuple[AlarmEntry, ...] = ()


class Unreachable(Struct, frozen=True):
    """What to say when a device of this kind does not answer. `{name}` stands for the name of the device."""

    severity: SeverityWord = Severity.MAJOR
    text: Wording = Wording("{name} does not answer", "{name}无应答")
    causes: Wording = Wording(
        "No power at the device; cable or switch port; the device has stopped; its address or community was changed",
        "设备掉电；网线或交换机端口故障；设备死机；IP 地址或团体字被改动",
    )
    action: Wording = Wording(
        "Go to {name}: is it powered, and do its link lights burn? Re-seat the cable and try another switch port",
        "到{name}前查看电源灯和网口灯：不亮先查供电，再重插网线、换交换机端口试",
    )
    explained_by: tuple[Slug, ...] = ()
    """Alarm types of this kind of which the silence is a consequence."""


class LostEntry(Struct, frozen=True, omit_defaults=True):
    """The alarm that the link was lost within seconds of something else; `unreachable` is then a consequence of it.

    Attributes:
        type: type of the alarm.
        after: alarm types of this kind of whose condition a reading told shortly before.
        within: how long before at most, where the very last reading no longer said so. A site may name alarms of other
            devices (`lost_with`), for which it also holds afterwards.
        on_delay: of the alarm, never longer than that of `unreachable`; its off-delay is that of `unreachable`.
        severity: of the alarm.
        text: what to say; `{name}` stands for the name of the device.
        causes: what it usually comes from.
        action: what to do first.
    """

    type: Slug
    after: tuple[Slug, ...]
    severity: SeverityWord
    text: Wording
    action: Wording
    causes: Wording
    within: Duration = 30.0
    on_delay: Duration = 10.0


class Profile(Struct, frozen=True):
    """A device kind. `sysobjectid` lists the prefixes by which an SNMP agent of this kind is recognised."""

    id: Slug
    text: Wording
    kind: Kind
    sysobjectid: tuple[Oid, ...] = ()
    unreachable: Unreachable = Unreachable()
    lost: LostEntry | None = None
    point: tuple[ProfilePoint, ...] = ()
    alarm: tuple[AlarmEntry, ...] = ()
    table: tuple[TableEntry, ...] = ()

    def recognises(self, sysobjectid: str) -> int:
        """How well this kind fits an agent: the length of the longest prefix of its sysObjectID, 0 for none."""
        asked = sysobjectid.removeprefix(".") + "."
        return max((len(prefix) for prefix in self.sysobjectid if asked.startswith(prefix + ".")), default=0)
