"""The drawing of the header: what is wired to which pin. `python -m firmware.boot.drawing FOLDER` writes all drawings."""

import sys
from pathlib import Path

from firmware.board import DEFAULT_BOARD, Board
from firmware.boot import cables, circuits
from firmware.boot.header import GROUND, PIN_OF_GPIO, SUPPLY, name_of, pulled_up_at_reset
from firmware.boot.pins import Role, Wire, wires
from firmware.boot.sheet import FAINT, INK, PAPER, Sheet

COLORS: dict[Role, str] = {
    "lamp": "#b3261e",
    "input": "#1b6e3c",
    "button": "#6b3fa0",
    "modem": "#a85a00",
    "serial": "#1f5fa8",
}
ROLES: dict[Role, tuple[str, str]] = {
    "lamp": ("lamps and horn", "灯和蜂鸣器"),
    "input": ("dry contacts", "干接点"),
    "button": ("buttons", "按钮"),
    "modem": ("modem", "通信模块"),
    "serial": ("serial lines, 3.3 V only", "串口，只能接 3.3 V"),
}
ROW, TOP, MIDDLE = 48, 190, 640
WIDTH, HEIGHT = 1280, TOP + 20 * ROW + 150
BOX = (360, 44)
FORBIDDEN = "#b3261e"
NEVER = frozenset({27, 28})
"""The identification bus of add-on boards."""


def header(board: Board = DEFAULT_BOARD) -> str:
    """The header with everything that is wired to it, as SVG."""
    sheet = Sheet(WIDTH, HEIGHT, "linewarden: what is wired to which pin of the Raspberry Pi")
    _title(sheet)
    sheet.box((MIDDLE - 62, TOP - 26), (124, 20 * ROW + 8), fill="#2b2b2b", color="#2b2b2b")
    by_pin = {PIN_OF_GPIO[wire.gpio]: wire for wire in wires(board)}
    for pin in range(1, 41):
        _pin(sheet, pin, by_pin.get(pin))
    _legend(sheet)
    return sheet.svg()


def _title(sheet: Sheet) -> None:
    sheet.text((40, 46), "Header of the Raspberry Pi: what goes where", size=26, bold=True)
    sheet.text((40, 78), "树莓派 40 针接口：每根线接哪一针", size=24)
    sheet.text(
        (MIDDLE, 112),
        "▲ end with the memory card, pin 1 left / 存储卡一端，1 脚在左",
        size=16,
        anchor="middle",
    )
    sheet.text((MIDDLE - 90, 146), "inner row 内侧", size=15, anchor="end", color=FAINT)
    sheet.text((MIDDLE + 90, 146), "row at the edge of the board 板边一侧", size=15, color=FAINT)


def _pin(sheet: Sheet, pin: int, wire: Wire | None) -> None:
    left = pin % 2 == 1
    side = -1 if left else 1
    at = (MIDDLE + side * 30, TOP + (pin - 1) // 2 * ROW)
    color, fill = _colors(pin, wire)
    sheet.dot(at, 15, color="#d8d8d8", fill=fill)
    sheet.text((at[0], at[1] + 5), str(pin), size=14, anchor="middle", bold=True, color=color)
    near, anchor = (MIDDLE + side * 72, at[1] + 5), "end" if left else "start"
    if wire is None:
        ink = FORBIDDEN if pin in NEVER else INK if pin in GROUND else FAINT
        sheet.text(near, _unused(pin), size=14, anchor=anchor, color=ink)
        return
    ink = COLORS[wire.role]
    sheet.text(near, f"GPIO {wire.gpio}", size=15, anchor=anchor, bold=True, color=ink)
    edge = MIDDLE + side * 240
    sheet.line((MIDDLE + side * 142, at[1]), (edge, at[1]), color=ink, width=3)
    corner = (edge - BOX[0] if left else edge, at[1] - BOX[1] / 2)
    sheet.box(corner, BOX, color=ink)
    sheet.text((corner[0] + 10, at[1] - 3), wire.text[0], size=15, bold=True, color=ink)
    sheet.text((corner[0] + 10, at[1] + 15), wire.text[1], size=14, color=ink)
    _power_up(sheet, wire, (MIDDLE + side * 191, at[1] - 5), ink)


def _power_up(sheet: Sheet, wire: Wire, at: tuple[float, float], color: str) -> None:
    sheet.text(at, "▲" if pulled_up_at_reset(wire.gpio) else "▼", size=13, anchor="middle", color=color)


def _colors(pin: int, wire: Wire | None) -> tuple[str, str]:
    if wire is not None:
        return PAPER, COLORS[wire.role]
    if pin in GROUND:
        return PAPER, "#000000"
    return (INK, "#f0c040") if pin in SUPPLY else (INK, "#b8b8b8")


def _unused(pin: int) -> str:
    if pin in NEVER:
        return f"{name_of(pin)} never wire 禁止接线"
    if pin in SUPPLY:
        return f"{name_of(pin)} supply 电源"
    return "GND 地" if pin in GROUND else f"{name_of(pin)} free 空"


def _legend(sheet: Sheet) -> None:
    sheet.text((MIDDLE, TOP + 20 * ROW), "▼ end with the USB sockets / USB 口一端", size=16, anchor="middle")
    y = TOP + 20 * ROW + 44
    for at, (role, texts) in enumerate(ROLES.items()):
        x = 40 + at * 245
        sheet.box((x, y - 16), (22, 22), color=COLORS[role], fill=COLORS[role])
        sheet.both((x + 30, y - 2), texts, size=15)
    notes = (
        "▲ pulled up, ▼ pulled down from power-up until config.txt is read (about 2 s) / 上电约 2 秒内：▲ 上拉，▼ 下拉",
        "No pin of the Pi takes more than 3.3 V. Any ground (black) will do. 树莓派引脚最高 3.3 V；黑色为地，任选一针。",
    )
    for at, note in enumerate(notes):
        sheet.text((40, y + 52 + 26 * at), note, size=16, bold=at == 1)


def main(folder: Path) -> None:
    """Write all drawings."""
    for name, svg in drawings().items():
        (folder / name).write_text(svg, encoding="utf-8")


def drawings() -> dict[str, str]:
    """All drawings by the name of their file."""
    return {
        "wiring-header.svg": header(),
        "wiring-lamps.svg": circuits.lamps(),
        "wiring-contacts.svg": circuits.contacts(),
        "wiring-cables.svg": cables.cables(),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
