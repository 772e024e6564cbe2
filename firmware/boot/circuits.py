"""The circuits around the header: lamps by a driver, contacts and buttons, modem. As SVG."""

from firmware.board import DEFAULT_BOARD, Board
from firmware.boot.header import PIN_OF_GPIO
from firmware.boot.pins import EXTRA
from firmware.boot.sheet import Point, Sheet

RED, AMBER, GREEN, BLUE, WHITE, GRAY = "#e5484d", "#f5a524", "#46a758", "#3e7bfa", "#ffffff", "#c8c8c8"
LAMPS = {
    "red": (RED, ("red", "红灯")),
    "amber": (AMBER, ("amber", "黄灯")),
    "green": (GREEN, ("green", "绿灯")),
    "blue": (BLUE, ("blue", "蓝灯")),
    "horn": (GRAY, ("horn", "蜂鸣器")),
}
HOT, COLD = "#b3261e", "#1f5fa8"
"""Colours of +24 V and of 0 V."""


def pin_label(gpio: int) -> str:
    """How a GPIO is named at a terminal."""
    return f"GPIO {gpio} · pin {PIN_OF_GPIO[gpio]}"


def modem_gpio(name: str) -> int:
    """The GPIO of a line of the modem."""
    return next(wire.gpio for wire in EXTRA if wire.name == name)


# --- lamps -----------------------------------------------------------------------------------------------------------


PLACE = {
    "red": 800.0,
    "amber": 862.0,
    "green": 924.0,
    "K1": 990.0,
    "blue": 1056.0,
    "horn": 1118.0,
    "K2": 1180.0,
}
"""Where each load hangs below the rail of +24 V."""


def lamps(board: Board = DEFAULT_BOARD) -> str:
    """Stack light, horn, the lamp of a dead box and the modem's power, behind one driver."""
    sheet = Sheet(1280, 1060, "linewarden: lamps, horn and modem power by a driver board")
    sheet.text((40, 46), "Lamps, horn and modem power: one driver ULN2803A, 24 V DC", size=25, bold=True)
    sheet.text((40, 78), "灯、蜂鸣器和模块电源：一片 ULN2803A 驱动，24 V 直流", size=23)
    sheet.line((760, 120), (1240, 120), color=HOT, width=4)
    sheet.text((764, 108), "+24 V (UPS-backed / 接在 UPS 后)", size=16, bold=True, color=HOT)
    sheet.box((400, 150), (150, 480))
    sheet.both((475, 180), ("ULN2803A", "驱动芯片"), size=17, anchor="middle")
    rows = [(lamp.name, lamp.pin) for lamp in board.lamps]
    for at, (name, gpio) in enumerate(rows):
        _channel(sheet, at, gpio)
        _load(sheet, at, name)
    _channel(sheet, 5, modem_gpio("modem power"))
    _relay(sheet, "K2", _y(5))
    sheet.text((570, _y(5) - 6), "relay K2, cuts the modem 继电器 K2，切断模块", size=15, bold=True)
    _supply(sheet)
    _modem_power(sheet)
    _dead_lamp(sheet)
    return sheet.svg()


def _y(at: int) -> float:
    return 240 + 62 * at


def _channel(sheet: Sheet, at: int, gpio: int) -> None:
    y = _y(at)
    sheet.text((40, y + 5), pin_label(gpio), size=16, bold=True)
    sheet.line((215, y), (400, y))
    sheet.dot((300, y))
    sheet.line((300, y), (300, y + 8))
    sheet.resistor((300, y + 28), "10 k", upright=True)
    sheet.line((300, y + 48), (300, y + 50))
    sheet.line((288, y + 50), (312, y + 50), color=COLD, width=3)
    sheet.text((408, y + 5), f"IN {at + 1}", size=14)
    sheet.text((542, y + 5), f"OUT {at + 1}", size=14, anchor="end")


def _load(sheet: Sheet, at: int, name: str) -> None:
    y, (color, texts) = _y(at), LAMPS[name]
    x = PLACE[name]
    sheet.line((550, y), (x, y), (x, 186), color="#444444")
    if name == "green":  # the relay of a living box hangs beside it
        sheet.dot((x, y))
        _relay(sheet, "K1", y, x)
    sheet.lamp((x, 170), color)
    sheet.line((x, 154), (x, 120), color=HOT)
    sheet.dot((x, 120), color=HOT, fill=HOT)
    sheet.text((570, y - 6), f"{texts[0]} {texts[1]}", size=15, bold=True)


def _relay(sheet: Sheet, name: str, y: float, begin: float = 550) -> None:
    """A relay's coil between a wire and the rail."""
    x = PLACE[name]
    sheet.line((begin, y), (x, y), (x, 190), color="#444444")
    sheet.box((x - 24, 152), (48, 38))
    sheet.text((x, 177), name, size=17, anchor="middle", bold=True)
    sheet.line((x, 152), (x, 120), color=HOT)
    sheet.dot((x, 120), color=HOT, fill=HOT)


def _supply(sheet: Sheet) -> None:
    sheet.line((430, 630), (430, 690), color=COLD, width=3)
    sheet.ground((430, 690), COLD)
    sheet.both((180, 672), ("pin 9: 0 V of the 24 V supply", "9 脚：24 V 电源的 0 V"), color=COLD)
    sheet.both((180, 716), ("and GND of the Pi, pin 39", "同时接树莓派 39 脚 GND"), color=COLD)
    sheet.line((520, 630), (520, 660), (1225, 660), (1225, 120), color=HOT)
    sheet.dot((1225, 120), color=HOT, fill=HOT)
    sheet.text((570, 650), "pin 10 (COM): +24 V, takes the kick of horn and relays", bold=True, color=HOT)
    sheet.text((570, 680), "10 脚 (COM) 接 +24 V，吸收蜂鸣器和继电器的反向电压", color=HOT)
    limit = ("at most 200 mA a channel at 3.3 V input", "每路最多 200 mA（输入 3.3 V）")
    sheet.both((570, 708), limit, size=14)
    sheet.both((920, 708), ("blue bar: 0 V, like pin 9", "蓝色短线：0 V，同 9 脚"), size=14, color=COLD)


def _dead_lamp(sheet: Sheet) -> None:
    """The relay of a living box: at rest, which is dead, its contact is closed."""
    sheet.box((40, 752), (1200, 160), fill="#fff6f5", color=HOT)
    sheet.both((60, 780), ("A dead box shows", "告警箱死机要看得见"), size=18, color=HOT)
    lines = (
        "K1: off-delay relay, 30 s; picked up while green is lit",
        "30 s bridge heartbeat and restart of the program",
        "K1：断电延时继电器 30 秒，绿灯亮时吸合；",
        "30 秒用来跨过心跳闪烁和程序重启",
    )
    for at, line in enumerate(lines):
        sheet.text((60, 830 + 21 * at), line, size=14)
    _rest_contact(sheet, 830, "+24 V", "K1 15–16")
    sheet.line((750, 830), (900, 830))
    sheet.lamp((916, 830), WHITE)
    sheet.line((932, 830), (980, 830), (980, 844), color=COLD)
    sheet.ground((980, 844), COLD)
    sheet.both((916, 785), ("white: BOX DEAD", "白灯：告警箱死机"), size=15, anchor="middle")
    sheet.text((1010, 800), "program, Pi or wire dead:", size=14, bold=True)
    sheet.text((1010, 820), "white lit, green dark", size=14)
    sheet.text((1010, 840), "程序停、断电、断线：白亮绿灭", size=14)
    sheet.text((1010, 868), "24 V gone: all dark", size=14, bold=True)
    sheet.text((1010, 888), "24 V 失电：全灭", size=14)


def _modem_power(sheet: Sheet) -> None:
    """Cut by an energised relay, so that a box that boots or is dead leaves the modem on."""
    sheet.box((40, 930), (1200, 110))
    sheet.both((60, 960), ("Modem power", "模块电源"), size=18)
    sheet.text((60, 1010), "K2 at rest: modem on. High for 10 s: cut", size=14)
    sheet.text((60, 1030), "K2 不动作：模块有电；高电平 10 秒：断电重启", size=14)
    _rest_contact(sheet, 985, "+5 V / +12 V", "K2 11–12")
    sheet.line((750, 985), (900, 985))
    sheet.box((900, 962), (180, 46))
    sheet.text((990, 990), "modem 通信模块", size=16, anchor="middle", bold=True)
    sheet.line((1080, 985), (1120, 985), (1120, 999), color=COLD)
    sheet.ground((1120, 999), COLD)


def _rest_contact(sheet: Sheet, y: float, supply: str, name: str) -> None:
    sheet.line((560, y), (690, y), color=HOT, width=3)
    sheet.text((560, y - 10), supply, size=14, color=HOT, bold=True)
    sheet.contact((690, y), closed=True)
    sheet.text((720, y - 24), name, size=14, anchor="middle", bold=True)
    sheet.text((720, y + 24), "NC: closed at rest", size=14, anchor="middle")
    sheet.text((720, y + 43), "常闭：不动作时接通", size=14, anchor="middle")


# --- contacts --------------------------------------------------------------------------------------------------------


def contacts(board: Board = DEFAULT_BOARD) -> str:
    """Dry contacts, loops, buttons, and the modem's reset."""
    sheet = Sheet(1280, 760, "linewarden: contacts, buttons and modem reset")
    sheet.text((40, 46), "Contacts, buttons, modem reset", size=25, bold=True)
    sheet.text((40, 78), "干接点、按钮、模块复位", size=23)
    door, button = board.inputs[0], board.buttons[0]
    _input(sheet, 190, (f"open at rest ({door.name})", "常开触点"), door.pin, closed=False)
    loop = ('or closed at rest: normally = "closed"', "或常闭触点：断线也会报警")
    _input(sheet, 340, loop, door.pin, closed=True)
    _input(sheet, 490, (f"button ({button.name})", "按钮"), button.pin, closed=False)
    _reset(sheet, 640)
    return sheet.svg()


def _input(sheet: Sheet, y: float, texts: tuple[str, str], gpio: int, *, closed: bool) -> None:
    sheet.both((40, y - 50), texts, size=17)
    sheet.text((40, y + 5), pin_label(gpio), size=16, bold=True)
    sheet.line((215, y), (340, y))
    sheet.resistor((360, y), "1 k")
    sheet.line((380, y), (640, y))
    sheet.dot((460, y))
    sheet.line((460, y), (460, y - 10))
    sheet.resistor((460, y - 30), "2.2 k", upright=True)
    sheet.line((460, y - 50), (460, y - 62), color=HOT)
    sheet.text((460, y - 68), "3.3 V (pin 17)", size=14, anchor="middle", color=HOT)
    sheet.text((540, y + 24), "cable over 3 m: with 2.2 k / 线长超过 3 米：加 2.2 k", size=14)
    _terminal(sheet, (640, y))
    sheet.line((640, y), (860, y))
    sheet.contact((860, y), closed=closed)
    sheet.line((920, y), (1100, y), (1100, y + 20), color=COLD)
    sheet.ground((1100, y + 20), COLD)
    sheet.text((1125, y + 5), "GND", size=16, bold=True, color=COLD)


def _terminal(sheet: Sheet, at: Point) -> None:
    sheet.dot(at, 8, fill=WHITE)
    sheet.line((at[0] - 6, at[1] + 6), (at[0] + 6, at[1] - 6))


def _reset(sheet: Sheet, y: float) -> None:
    sheet.both((40, y - 50), ("modem reset, T1 = 2N7002", "模块复位，T1 = 2N7002"), size=17)
    sheet.text((40, y + 5), pin_label(modem_gpio("modem reset")), size=16, bold=True)
    sheet.line((215, y), (520, y))
    sheet.dot((400, y))
    sheet.line((400, y), (400, y + 12))
    sheet.resistor((400, y + 32), "10 k", upright=True)
    sheet.line((400, y + 52), (400, y + 66), color=COLD)
    sheet.ground((400, y + 66), COLD)
    sheet.box((520, y - 30), (110, 60))
    sheet.text((528, y + 5), "G", size=16)
    sheet.text((606, y - 8), "D", size=16)
    sheet.text((606, y + 22), "S", size=16)
    sheet.text((566, y + 5), "T1", size=17, bold=True, anchor="middle")
    sheet.line((630, y - 14), (860, y - 14))
    sheet.both((870, y - 16), ("RESET_N of the modem: low resets", "模块 RESET_N：拉低复位"), size=15)
    sheet.line((630, y + 16), (700, y + 16), (700, y + 40), color=COLD)
    sheet.ground((700, y + 40), COLD)
