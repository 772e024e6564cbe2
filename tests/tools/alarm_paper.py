"""Writes docs/alarms.md and its Chinese twin: `python -m tests.tools.alarm_paper`; a test checks that they are current.

The inventory of the shipped profiles, which is also the index of the runbooks; the state diagram of the alarm list; and what is
recommended for the quality of alarms. All of it comes from the code.
"""

from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path

from agent.cli import words
from agent.cli.limit_words import adjustable
from agent.cli.quality_report import FIGURES, duration, number, percent
from agent.config.inventory import AlarmType, of_profiles
from agent.config.load import SHIPPED, load_profile
from agent.core.alarm_states import FINALLY, QUIETLY, TRANSITIONS, WORSE, AlarmState
from agent.core.model import Text
from agent.core.quality.figures import PRIORITIES, RECOMMENDED, Definitions
from tests.tools.core_tables import markdown

ROOT = Path(__file__).parents[2]
PAPERS = {"en": ROOT / "docs" / "alarms.md", "zh": ROOT / "docs" / "alarms.zh-CN.md"}

EVENTS: Mapping[str, Text] = {
    "alarm.raised": Text("raised", "产生"),
    "alarm.cleared": Text("cleared", "恢复"),
    "alarm.acknowledged": Text("acknowledged", "确认"),
    "alarm.closed": Text("closed", "关闭"),
    "alarm.cause-changed": Text("root cause changed", "根源告警变化"),
    "alarm.severity-changed": Text("becomes worse or better", "级别变化"),
    "alarm.purged": Text("purged", "清理"),
    "alarm.compressed": Text("history compressed", "历史压缩"),
    "alarm.chattering": Text("begins or ceases to chatter", "开始或停止抖动"),
    "alarm.suppression-changed": Text("begins or ceases to be suppressed", "开始或停止抑制"),
}
QUIET = Text("suppressed or behind its cause", "抑制中或为衍生告警")
"""When an end asks for no acknowledgement: nobody was alerted."""
SPECIAL = (
    (QUIETLY, QUIET),
    (FINALLY, Text("no reading will clear it", "读数不会使其恢复")),
    (WORSE, Text("worse", "级别升高")),
)
"""The tables of what is otherwise in special cases, and when."""
STATES: Mapping[AlarmState, Text] = {
    AlarmState.NORMAL: Text("normal", "正常"),
    **{
        state: Text(state.value, words.STATES[state.value])
        for state in AlarmState
        if state.value in words.STATES
    },
}

HEAD = Text(
    """# Alarms

[中文](alarms.zh-CN.md)

Every alarm that the shipped profiles can raise, what it means and what to do first; the states that an alarm passes through; and what is
recommended for the quality of alarms. Written by `python -m tests.tools.alarm_paper` from profiles and code: edit those.

`linewarden inventory --site site.toml` lists what one branch can raise, device by device, with its own rows, limits and contacts. An alarm's id
is the device, the type and the qualifier, such as `switch-1.uplink-down.uplink-1`; `{row}` stands for the site's name of a port or span.
Every alarm clears by itself when a good reading has been normal for the off-delay. Delays are on-delay / off-delay (ISA-18.2).
What *may be changed* a supervisor may change on site, between which values and with a reason (`linewarden limits`, or the page of the device); all
else only the configuration changes.
""",
    """# 告警一览

[English](alarms.md)

随附设备模板能产生的全部告警、含义和第一步处理；告警的状态流转；告警质量的推荐值。本文由 `python -m tests.tools.alarm_paper` 根据模板和代码生成，请勿直接修改。

`linewarden inventory --site site.toml` 按设备列出一个网点能产生的告警，含本网点的端口、限值和干接点。告警编号由设备、类型和限定符组成，例如
`switch-1.uplink-down.uplink-1`；`{row}` 代表站点给端口或中继起的名字。所有告警在有效读数恢复正常并持续够恢复延时后自动恢复。延时写作"告警延时 / 恢复延时"（ISA-18.2）。
"现场可调"是管理员可在现场改动的限值和延时及其范围，改动须写明原因（`linewarden limits` 或面板设备页）；其余只能改配置。
""",
)
COLUMNS = (
    Text("alarm", "告警"),
    Text("severity", "级别"),
    Text("raised when", "告警条件"),
    Text("delays", "延时"),
    Text("may be changed", "现场可调"),
    Text("meaning, likely causes", "含义与可能原因"),
    Text("first action", "先做"),
)
STATES_TITLE = Text("The states of an alarm", "告警的状态")
STATES_WORDS = Text(
    "States are ISA-18.2's, on the leaves of RFC 8632; an alarm that is normal leaves the list. [The tables](core.md) behind it say what is "
    "refused, and why.",
    "状态名取自 ISA-18.2，对应 RFC 8632 的字段；恢复正常的告警移出列表。判定表见[核心说明（英文）](core.md)。",
)
QUALITY_TITLE = Text("The quality of alarms", "告警质量")
QUALITY_WORDS = Text(
    "`linewarden quality` measures a period (`--from`, `--to`, `--days`; seven days unless said otherwise) beside the running agent or without it, and holds "
    "each figure against these recommendations for one operator position. Where the standard has one number, the second is ours. Alarms that are the "
    "consequence of a root cause are counted apart: nobody has to act on them.",
    "`linewarden quality` 统计一段时间（`--from`、`--to`、`--days`，默认七天），代理运行与否都可以，并与下列单人值守推荐值比较。标准只给一个数的，第二个数由本项目定。由根源告警引起的衍生告警单独计数，不算负荷。",
)
QUALITY_COLUMNS = (
    Text("figure", "指标"),
    Text("at most", "不超过"),
    Text("far above from", "高于此为严重偏高"),
    Text("by", "依据"),
)
SPREAD = Text("Spread of severities (ISA-18.2)", "级别分布（ISA-18.2）")
DEFINITIONS = (
    Text(
        "A *flood* begins with {flood_begins} raises within {window} and ends when fewer than {flood_ends_below} lie within the last {window}.",
        "*泛滥*：{window}内产生 {flood_begins} 条起，到最近 {window}内不足 {flood_ends_below} 条止。",
    ),
    Text(
        "A *chattering* alarm is raised and cleared {chatter_cycles} times in less than {chatter_within}.",
        "*抖动*：不到 {chatter_within}内产生并恢复 {chatter_cycles} 次。",
    ),
    Text(
        "A *fleeting* one has a normal reading again in less than {fleeting_within} after the raise, and nobody had acknowledged it; its off-delay is not counted.",
        "*瞬时*：产生后不到 {fleeting_within}读数已正常且无人确认，恢复延时不计。",
    ),
    Text(
        "A *stale* one stands for more than {stale_after} without a break.",
        "*滞留*：连续 {stale_after}以上未恢复。",
    ),
    Text(
        "Durations are taken from the monotonic clock within one boot, else from wall time: those are never below 0, and are counted as uncertain. Two moments "
        "exactly a window apart are not within it.",
        "时长在同一次开机内用单调时钟计，跨开机用墙上时间计，不会为负，并计入“不准”的个数。恰好相隔一个窗口的两个时刻不算在同一窗口内。",
    ),
)


def inventory() -> list[AlarmType]:
    """Everything that the shipped profiles can raise."""
    profiles = [load_profile(path) for path in sorted(SHIPPED.glob("*.toml"))]
    return of_profiles({profile.id: profile for profile in profiles})


def anchor(one: AlarmType) -> str:
    """The place of an alarm in the paper, the same in both languages."""
    return f"{one.resource}.{one.name}".replace("{", "").replace("}", "")


def paper(language: str) -> str:
    """The whole paper in a language."""
    say = words.speaker(language)
    parts = [HEAD.in_language(language)]
    found = groupby(inventory(), lambda one: (one.resource, one.resource_name))
    resources = [(resource, name, list(alarms)) for (resource, name), alarms in found]
    parts.append(
        " · ".join(f"[{name.in_language(language)}](#{resource})" for resource, name, _ in resources) + "\n"
    )
    for resource, name, alarms in resources:
        parts.append(f'## <a id="{resource}"></a>{name.in_language(language)} (`{resource}`)\n')
        heads = [column.in_language(language) for column in COLUMNS]
        parts.append(markdown(heads, [_row(one, language, say) for one in alarms]) + "\n")
    parts.append(f"## {STATES_TITLE.in_language(language)}\n\n{STATES_WORDS.in_language(language)}\n")
    parts.append(f"```mermaid\n{diagram(language)}\n```\n")
    return "\n".join([*parts, _quality(language, say)])


def _row(one: AlarmType, language: str, say: words.Say) -> list[str]:
    causes = one.causes.in_language(language)
    meaning = one.text.in_language(language)
    return [
        _cell(text)
        for text in (
            f'<a id="{anchor(one)}"></a>`{one.name}`',
            ", ".join(map(say, one.severity_levels)),
            one.raised_when.in_language(language),
            f"{duration(one.on_delay, say)} / {duration(one.off_delay, say)}",
            adjustable(one, language) or "–",
            f"**{meaning}**<br>{causes}" if causes else f"**{meaning}**",
            one.action.in_language(language),
        )
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def diagram(language: str) -> str:
    """The alarm list's transitions as a state diagram of mermaid."""
    lines = ["stateDiagram-v2", f"    [*] --> {_id(AlarmState.NORMAL)}"]
    lines += [f"    {_id(state)}: {STATES[state].in_language(language)}" for state in AlarmState]
    for state in AlarmState:
        for event, following in TRANSITIONS[state].items():
            lines.append(f"    {_id(state)} --> {_id(following)}: {_event(event, language)}")
        for table, how in SPECIAL:
            for event, following in table.get(state, {}).items():
                words_ = f"{_event(event, language)}, {how.in_language(language)}"
                lines.append(f"    {_id(state)} --> {_id(following)}: {words_}")
    return "\n".join(lines)


def _id(state: AlarmState) -> str:
    return state.value.replace("-", "_")


def _event(event: type, language: str) -> str:
    tag = str(event.__struct_config__.tag)  # type: ignore[attr-defined]  # every event is a Struct
    return EVENTS.get(tag, Text(tag, tag)).in_language(language)


def _quality(language: str, say: words.Say) -> str:
    def shown(value: float, name: str) -> str:
        if name.startswith("time-to"):
            return duration(value, say)
        return percent(value) if name.endswith("share") else number(value)

    rows = [
        [
            FIGURES[name] if language == "en" else say(name),
            shown(one.limit, name),
            shown(one.far, name),
            one.source,
        ]
        for name, one in RECOMMENDED.items()
    ]
    spread = [
        [say(priority), ", ".join(say(one.word) for one in severities), percent(recommended.limit)]
        for priority, (severities, recommended) in PRIORITIES.items()
    ]
    heads = [column.in_language(language) for column in QUALITY_COLUMNS]
    spread_heads = [say(word) for word in ("priority", "severities", "recommended")]
    return "\n\n".join(
        [
            f"## {QUALITY_TITLE.in_language(language)}",
            QUALITY_WORDS.in_language(language),
            markdown(heads, rows),
            f"{SPREAD.in_language(language)}:" if language == "en" else f"{SPREAD.zh}：",
            markdown(spread_heads, spread),
            "\n".join(_definitions(language, say)) + "\n",
        ]
    )


def _definitions(language: str, say: Callable[[str], str]) -> list[str]:
    given = Definitions()
    spans = ("window", "chatter_within", "fleeting_within", "stale_after")
    values = {
        name: duration(getattr(given, name), say) if name in spans else getattr(given, name)
        for name in given.__struct_fields__
    }
    return [f"- {one.in_language(language).format(**values)}" for one in DEFINITIONS]


if __name__ == "__main__":
    for wanted, path in PAPERS.items():
        path.write_text(paper(wanted))
