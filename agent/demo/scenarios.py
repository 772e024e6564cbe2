"""What may happen to the software branch, told to whoever plays it. Pure data."""

from typing import NamedTuple

from agent.core.model import Text


class Scenario(NamedTuple):
    """One thing that goes wrong, and what the branch should then show."""

    title: Text
    expect: Text


SCENARIOS: dict[str, Scenario] = {
    "mains-cut": Scenario(
        Text("Mains cut", "市电中断"),
        Text(
            "Both UPSs run on battery: red flashes, the horn sounds; after about a minute the APC's battery is low: critical.",
            "两台 UPS 转电池供电：红灯闪，喇叭响；约一分钟后 APC 电池电量低，升为紧急告警。",
        ),
    ),
    "trunk-down": Scenario(
        Text("Trunk down", "中继中断"),
        Text("Loss of signal on the first E1: red flashes.", "第一条 E1 信号丢失（LOS）：红灯闪。"),
    ),
    "pbx-crash": Scenario(
        Text("PBX crash", "程控交换机死机"),
        Text(
            "The PBX does not answer and its switch port goes down: red flashes.",
            "程控交换机无应答，其网口掉线：红灯闪。",
        ),
    ),
    "ups-dead": Scenario(
        Text("UPS A dead", "UPS A 断电"),
        Text(
            "Its output goes off, and switch, trunk gateway and PBX with it: one alarm flashes red, the three others say what they follow from.",
            "UPS A 输出断开，交换机、中继网关和程控交换机一并掉电：只有一条告警红灯闪，其余三条注明由其引起。",
        ),
    ),
    "wan-cut": Scenario(
        Text("WAN cut", "广域网中断"),
        Text(
            "The NOC sees the box go offline; here amber flashes. Afterwards the backlog is sent in order.",
            "网管中心看到告警箱离线；本地黄灯闪。恢复后按顺序补传积压事件。",
        ),
    ),
    "cabinet-door": Scenario(
        Text("Cabinet door open", "机柜门打开"),
        Text("The dry contact of the cabinet door opens: amber flashes.", "机柜门干接点动作：黄灯闪。"),
    ),
}
"""All scenarios by name. Each can be begun and ended; `calm` ends all of them."""

CALM = "calm"
