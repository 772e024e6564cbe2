"""The pins of the example board at power-up: one table from which config.txt and the drawings are made.

What the agent itself drives is `DEFAULT_BOARD`; the rest (modem, serial lines) is here only.
"""

from typing import Literal

from msgspec import Struct

from firmware.board import DEFAULT_BOARD, Board

Role = Literal["lamp", "input", "button", "modem", "serial"]
BEGIN, END = "# gpio: begin", "# gpio: end"
"""Between these lines config.txt is made by `gpio_lines`."""


class Wire(Struct, frozen=True):
    """One line of the header that is wired.

    Attributes:
        role: what kind of thing hangs on it.
        name: what hangs on it.
        gpio: BCM number.
        setting: what config.txt makes of it: `op,dl` output low, `op,dh` output high, `ip,pu` input pulled up, `ip,pd`
            input pulled down; empty where an overlay does it.
        text: what a technician reads beside it, in English and Chinese.
    """

    role: Role
    name: str
    gpio: int
    setting: str
    text: tuple[str, str]


_TEXTS = {
    "lamp red": ("lamp red → driver IN 1", "红灯 → 驱动板 IN 1"),
    "lamp amber": ("lamp amber → driver IN 2", "黄灯 → 驱动板 IN 2"),
    "lamp green": ("lamp green → driver IN 3", "绿灯 → 驱动板 IN 3"),
    "lamp blue": ("lamp blue → driver IN 4", "蓝灯 → 驱动板 IN 4"),
    "lamp horn": ("horn → driver IN 5", "蜂鸣器 → 驱动板 IN 5"),
    "input door": ("door contact to ground", "门磁干接点，另一端接地"),
    "input smoke": ("smoke contact to ground", "烟感干接点，另一端接地"),
    "input water": ("water contact to ground", "水浸干接点，另一端接地"),
    "input generator": ("generator contact to ground", "发电机干接点，另一端接地"),
    "button acknowledge": ("button acknowledge to ground", "“确认”按钮，另一端接地"),
    "button silence": ("button silence to ground", "“消音”按钮，另一端接地"),
    "button test": ("button test to ground", "“试灯”按钮，另一端接地"),
}

EXTRA = (
    Wire("modem", "modem power", 20, "op,dl", ("modem power → driver IN 6 (high cuts)", "模块电源 → 驱动板 IN 6（高电平断电）")),
    Wire("modem", "modem reset", 21, "op,dl", ("modem reset → transistor T1", "模块复位 → 三极管 T1")),
    Wire("serial", "serial 1 out", 14, "", ("serial 1, Pi sends (TXD)", "串口 1，树莓派发 (TXD)")),
    Wire("serial", "serial 1 in", 15, "", ("serial 1, Pi receives (RXD)", "串口 1，树莓派收 (RXD)")),
    Wire("serial", "serial 2 out", 8, "", ("serial 2, Pi sends (TXD)", "串口 2，树莓派发 (TXD)")),
    Wire("serial", "serial 2 in", 9, "", ("serial 2, Pi receives (RXD)", "串口 2，树莓派收 (RXD)")),
)  # fmt: skip
"""What the agent does not open as a pin: the modem's two lines, and the header's two serial lines."""


def wires(board: Board = DEFAULT_BOARD) -> tuple[Wire, ...]:
    """Everything that is wired, of the agent's board and beside it."""
    lamps = [
        _wire("lamp", lamp.name, lamp.pin, f"op,{'dh' if lamp.fail_safe == lamp.active_high else 'dl'}")
        for lamp in board.lamps
    ]
    inputs = [_wire("input", contact.name, contact.pin, _pulled(contact.pull)) for contact in board.inputs]
    buttons = [_wire("button", button.name, button.pin, _pulled(button.pull)) for button in board.buttons]
    return (*lamps, *inputs, *buttons, *EXTRA)


def gpio_lines(board: Board = DEFAULT_BOARD) -> list[str]:
    """The `gpio=` lines of config.txt: the state in which each line waits for the agent."""
    return [f"# {wire.name}\ngpio={wire.gpio}={wire.setting}" for wire in wires(board) if wire.setting]


def with_gpio_lines(config: str, board: Board = DEFAULT_BOARD) -> str:
    """config.txt with its `gpio=` lines as the table says."""
    head, _, rest = config.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return "\n".join([head + BEGIN, *gpio_lines(board), END]) + tail


def _wire(role: Role, name: str, pin: int, setting: str) -> Wire:
    label = f"{role} {name}"
    return Wire(role, label, pin, setting, _TEXTS.get(label, (label, label)))


def _pulled(pull: str) -> str:
    return "ip,pu" if pull == "up" else "ip,pd"
