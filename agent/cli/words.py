"""What the commands write, in the language of the site or of `LINEWARDEN_LANGUAGE`; unknown words stay as they are.

The Chinese words are those of the panel: one box speaks with one voice. A test compares them.
"""

import os
from collections.abc import Callable, Mapping

from agent.cli.report_words import REPORTS

LANGUAGE = "LINEWARDEN_LANGUAGE"

Say = Callable[[str], str]
"""From the English word to the reader's."""

HEADINGS: Mapping[str, str] = {
    "site": "站点",
    "version": "版本",
    "running since": "运行起始",
    "clock": "时钟",
    "card": "存储卡",
    "journal": "事件日志",
    "broker": "网管中心链路",
    "devices": "设备",
    "alarms": "告警",
    "code": "代码",
    "severity": "级别",
    "state": "状态",
    "raised": "发生时间",
    "device": "设备",
    "what": "内容",
    "id": "编号",
    "layer": "层",
    "name": "名称",
    "last answer": "最近应答",
    "point": "测点",
    "value": "数值",
    "quality": "质量",
    "why not": "原因",
    "causes": "可能原因",
    "first action": "先做",
    "red": "红灯",
    "amber": "黄灯",
    "green": "绿灯",
    "blue": "蓝灯",
    "horn": "喇叭",
    "number": "限值项",
    "in force": "当前值",
    "configured": "配置值",
    "bounds": "可调范围",
    "changed on site": "现场改动",
    "kind": "方式",
    "about": "对象",
    "responsible": "负责人",
    "reason": "原因",
    "since": "起始",
    "left": "剩余",
    "follows from": "起因告警",
    "window": "检修窗口",
    "duration": "时长",
    "opens": "开始",
}

SUPPRESSION: Mapping[str, str] = {
    "shelved": "已搁置",
    "out-of-service": "已退出运行",
    "by-design": "按设计抑制",
    "open": "开放中",
    "as long as it is so": "条件消失即解除",
    "out of service": "退出运行",
    "in a maintenance window": "处于检修窗口",
    "nothing is suppressed": "没有抑制中的告警",
    "purged": "已清理",
    "compressed": "已压缩",
    "taken off the shelf": "已取消搁置",
    "returned to service": "已恢复运行",
    "; the disk does not take it yet": "，但尚未写入磁盘",
}

STATES: Mapping[str, str] = {
    "critical": "紧急",
    "major": "重要",
    "minor": "次要",
    "warning": "提示",
    "unacknowledged": "未确认",
    "acknowledged": "已确认",
    "returned-unacknowledged": "已恢复，未确认",
    "closed": "已关闭，未恢复",
    "power": "动力",
    "environment": "环境",
    "network": "网络",
    "access": "中继接入",
    "application": "业务应用",
    "data": "数据",
    "management": "管理",
    "good": "有效",
    "bad": "无效",
    "stale": "过时",
    "missing": "设备未提供",
    "type": "数据类型不符",
    "unknown": "设备自身也未知",
    "implausible": "数值不合理",
    "timeout": "应答超时",
    "refused": "设备拒绝访问",
    "garbled": "应答无法解析",
    "lost": "中断",
    "auth": "认证未通过",
    "silent": "无任何数据",
    "off": "灭",
    "steady": "常亮",
    "flash": "闪烁",
    "fast flash": "快闪",
    "slow flash": "慢闪",
    "double flash": "双闪（首出告警）",
    "steady heartbeat": "常亮，定时闪灭一下",
    "ntp": "已同步（NTP）",
    "gsm": "取自移动网络",
    "rtc": "取自后备电池时钟",
    "holdover": "上次同步后自走",
    "unsynced": "未同步",
    "healthy": "正常",
    "degraded": "降级：事件无法存盘",
    "connected": "已连接",
    "none": "未配置",
    "answers": "有应答",
    "not heard yet": "尚未应答",
    "never": "从未",
    "sounding": "鸣响",
    "quiet": "静音",
    "ringback": "断续鸣响（告警已恢复，待复位）",
}

SENTENCES: Mapping[str, str] = {
    "no alarms": "没有告警",
    "{count} retained messages of {site} emptied, none is left": "已清空 {site} 的保留消息 {count} 条，无残留",
    "nothing is retained of {site}": "服务器上没有 {site} 的保留消息",
    "{amount} written": "写入 {amount}",
    "put on the shelf until {time}": "已搁置至 {time}",
    "out of service until {time}": "退出运行至 {time}",
    "closed; it is off the list": "已关闭，已离开告警列表",
    "closed; it leaves the list when it is over": "已关闭，恢复后离开告警列表",
    "is `linewarden run` running? else give --socket or set LINEWARDEN_SOCKET": (
        "请确认 `linewarden run` 正在运行，否则用 --socket 或 LINEWARDEN_SOCKET 指定套接字"
    ),
    "configured: {value}": "配置值：{value}",
    "nothing was changed on site": "没有现场改动",
    "nothing may be changed on site": "没有可在现场改动的限值",
    "changed": "已修改",
    "reverted": "已恢复为配置值",
    "changed; the disk does not take it yet": "已修改；但暂时无法存盘",
    "reverted; the disk does not take it yet": "已恢复为配置值；但暂时无法存盘",
    "acknowledged; the disk does not take it yet": "已确认；但暂时无法存盘",
    "{version}, configuration {config}": "{version}，配置 {config}",
    "{time} (boot {boot})": "{time}（启动 {boot}）",
    "{journal}, epoch {epoch}, {seq} events": "{journal}，纪元 {epoch}，{seq} 条事件",
    "{broker}, {backlog} events waiting": "{broker}，待上报事件 {backlog} 条",
    "connected (MQTT {version})": "已连接（MQTT {version}）",
    "tried again at {time}": "将于 {time} 重试",
    "being tried now": "正在重试",
    "{answering} of {all} answer": "{all} 台中 {answering} 台有应答",
    "{standing} standing, {listed} listed": "{standing} 条未恢复，列表共 {listed} 条",
}

_CHINESE: Mapping[str, str] = {**HEADINGS, **SUPPRESSION, **STATES, **SENTENCES, **REPORTS}


def language(site: str) -> str:
    """The language to write: the caller's wish, else the site's."""
    given = os.environ.get(LANGUAGE, "") or site
    return "zh" if given.startswith("zh") else given


def speaker(given: str) -> Say:
    """Words in a language."""
    return (lambda word: _CHINESE.get(word, word)) if given.startswith("zh") else str
