"""Why the agent refuses an order, in words for the room and in the reader's language.

The agent gives its reasons as English sentences. The known ones are told in words for the room; one that nobody has
translated yet is told as it is, which is better than hiding it.
"""

import re
from collections.abc import Callable, Mapping

from agent.core.adjustments import TEXTS as NUMBERS
from agent.core.model import Text
from agent.core.values import in_chinese

Values = Mapping[str, str]

ROLES: Mapping[str, Text] = {
    "viewer": Text("viewer", "只读用户"),
    "technician": Text("technician", "维护员"),
    "supervisor": Text("supervisor", "管理员"),
}

VERBS: Mapping[str, Text] = {
    "acknowledge": Text("acknowledge alarms", "确认告警"),
    "close": Text("close alarms", "关闭告警"),
    "acknowledge-annunciation": Text("accept the annunciation", "应答声光"),
    "silence": Text("silence the horn", "消音"),
    "reset": Text("reset the lamps", "复位声光"),
    "lamp-test": Text("test the lamps", "试灯"),
    "purge": Text("clear up the alarm list", "清理告警列表"),
    "compress": Text("compress the history of alarms", "压缩告警历史"),
    "shelve": Text("shelve alarms", "搁置告警"),
    "unshelve": Text("take alarms off the shelf", "取消搁置"),
    "take-out-of-service": Text("take devices out of service", "设备退出运行"),
    "return-to-service": Text("return devices to service", "设备恢复运行"),
    "set-limit": Text("change limits", "修改限值"),
    "revert-limit": Text("take back changed limits", "撤销限值修改"),
}

DOORS: Mapping[str, Text] = {
    "panel": Text("the panel", "面板"),
    "cli": Text("the command line", "命令行"),
}


def _word(table: Mapping[str, Text], key: str, language: str) -> str:
    return table[key].in_language(language) if key in table else key


def role(name: str, language: str) -> str:
    """What a role is called."""
    return _word(ROLES, name, language)


def verb(name: str, language: str) -> str:
    """What an order does."""
    return _word(VERBS, name, language)


def number(name: str, language: str) -> str:
    """What a number of a limit is called."""
    return _word(NUMBERS, name, language)


def _span(text: str, language: str) -> str:
    return in_chinese(text) if language == "zh" else text


def _door(name: str, language: str) -> str:
    return _word(DOORS, name, language)


_TOLD: Mapping[str, Callable[[str, str], str]] = {
    "role": role,
    "verb": verb,
    "door": _door,
    "number": number,
    "lower": number,
    "upper": number,
    "least": _span,
    "most": _span,
}
"""By the name of a group: how what it found is told in a language."""

_GONE = Text("This alarm is no longer on the list.", "该告警已不在告警列表中。")
_OVER = Text("It is over already.", "已经结束，无需再操作。")
_REASON = Text("Write a reason: everybody who sees it must know why.", "请填写原因，让看到的人都知道为什么。")

REASONS: tuple[tuple[str, Text], ...] = (
    (
        r"no alarm .+ can occur here|no alarm .+ is watched here",
        Text("There is no such alarm at this branch any more.", "本网点已没有该告警。"),
    ),
    (r"a reason is needed", Text("Write down the reason.", "请填写原因。")),
    (
        r"say what to change|nothing changes: it is so already",
        Text("Nothing was changed: it is so already.", "没有改动：当前已是该值。"),
    ),
    (
        r"nothing of it was changed on site",
        Text("It is as configured already.", "当前已是配置值。"),
    ),
    (
        r"(?P<number>\w+) must lie between (?P<least>.+) and (?P<most>.+)",
        Text("“{number}” must lie between {least} and {most}.", "“{number}”须在 {least} 与 {most} 之间。"),
    ),
    (
        r"(?P<lower>\w+) \((?P<least>[^()]+)\) must be below (?P<upper>\w+) \((?P<most>[^()]+)\)",
        Text(
            "“{lower}” ({least}) must be below “{upper}” ({most}).",
            "“{lower}”（{least}）须低于“{upper}”（{most}）。",
        ),
    ),
    (
        r"its limit may not be changed on site",
        Text("This limit may not be changed on site.", "此限值不可在现场修改。"),
    ),
    (
        r"(?P<number>\w+) may not be changed on site",
        Text("“{number}” may not be changed on site.", "“{number}”不可在现场修改。"),
    ),
    (r"it has no (?P<number>.+)", Text("This limit has no “{number}”.", "此限值没有“{number}”。")),
    (r"(?P<number>\w+) is no number", Text("“{number}” is no number.", "“{number}”不是数字。")),
    (
        r"no alarm has been over for so long",
        Text("No alarm has been over for so long.", "没有恢复这么久的告警。"),
    ),
    (
        r"no alarm has a history to compress",
        Text("No alarm has a history to compress.", "没有需要压缩的告警历史。"),
    ),
    (
        r"how long they must have been over is no time",
        Text("How long they must have been over is no time.", "恢复时长无效。"),
    ),
    (r"no occurrence of this alarm stands|no alarm .+", _GONE),
    (
        r"this occurrence is acknowledged already",
        Text("Somebody has acknowledged this alarm already.", "该告警已有人确认。"),
    ),
    (
        r"this occurrence is closed already",
        Text("Somebody has closed this alarm already.", "该告警已有人关闭。"),
    ),
    (
        r"it is still so; closing does not end it",
        Text(
            "It is still so: closing does not end it. Mend it first, then close.",
            "故障仍在，关闭不能使其结束，请先排除故障再关闭。",
        ),
    ),
    (
        r"occurrence (?P<gone>\d+) is gone; (?P<now>\d+) stands now",
        Text(
            "The alarm has come anew meanwhile (occurrence {now}). Look at it again, then acknowledge.",
            "该告警已再次产生（第 {now} 次），请重新查看后再确认。",
        ),
    ),
    (
        r"sequence A resets by itself",
        Text(
            "There is nothing to reset: the lamps go out by themselves.", "无需复位：告警恢复后灯会自动熄灭。"
        ),
    ),
    (r"a reason is wanted", _REASON),
    (
        r"it may last from (?P<least>.+) to (?P<most>.+)",
        Text("It may last from {least} to {most}.", "时长须在 {least} 到 {most} 之间。"),
    ),
    (
        r"with what it has lasted already, more than (?P<times>\d+) times that",
        Text(
            "With what it has lasted already, that is more than {times} times the longest.",
            "加上已持续的时间，超过最长时长的 {times} 倍。",
        ),
    ),
    (r".+ is not (?:shelved|out-of-service)", _OVER),
    (
        r"the box cannot be taken out of its own service",
        Text("The box cannot be taken out of its own service.", "告警箱自身不能退出运行。"),
    ),
    (
        r"no device (?P<device>\S+)(?: is watched here)?",
        Text("There is no device {device} at this branch.", "本网点没有设备 {device}。"),
    ),
    (
        r"(?P<name>.+) has no rights through the (?P<door>\w+)",
        Text(
            "{name} has no rights to give orders through {door}. Ask who administers the box.",
            "{name} 没有通过{door}操作的权限，请联系告警箱管理员。",
        ),
    ),
    (
        r"a (?P<role>\w+) may not (?P<verb>[\w-]+)",
        Text("Your role ({role}) does not allow it: {verb}.", "您的角色（{role}）无权{verb}。"),
    ),
    (
        r"(?P<user>.+) may not speak for (?P<name>.+)",
        Text(
            "The agent does not take user {user} for its panel. Set [panel] user in the site file.",
            "监控程序不认可用户 {user} 为面板用户，请在站点文件中设置 [panel] user。",
        ),
    ),
    (
        r"the agent is too busy to say what came of it",
        Text(
            "The agent is too busy to say what came of it: look at the alarm list.",
            "监控程序繁忙，暂不知操作结果，请查看告警列表。",
        ),
    ),
    (
        r"(?P<path>.+): no agent answers \((?P<error>.*)\)",
        Text("{path}: no agent answers ({error})", "{path}：监控程序无应答（{error}）"),
    ),
    (
        r"(?P<path>.+): this user may not talk to the agent",
        Text("{path}: this user may not talk to the agent", "{path}：当前用户无权连接监控程序"),
    ),
    (
        r"too many orders at once",
        Text("Too many orders at once: wait a moment.", "操作过于频繁，请稍候再试。"),
    ),
    (
        r"the \w+ is longer than anybody types",
        Text("What was written is too long.", "填写的内容过长。"),
    ),
)
"""What a reason looks like, and what it is told as."""


def in_words(reason: str, language: str) -> str:
    """A reason of the agent as the reader should see it."""
    for pattern, text in REASONS:
        match = re.fullmatch(pattern, reason)
        if match:
            found = match.groupdict()
            return text.in_language(language).format(
                **{
                    name: _TOLD[name](value, language) if name in _TOLD else value
                    for name, value in found.items()
                }
            )
    return reason
