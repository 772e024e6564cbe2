"""Serial cables from the USB adapter to UPS and call records. As SVG."""

from firmware.boot.sheet import INK, Point, Sheet

HOT, COLD = "#b3261e", "#1f5fa8"

STRAIGHT = ((2, 2), (3, 3), (5, 5), (4, 4), (7, 7))
CROSSED = ((2, 3), (3, 2), (5, 5))
SIGNALS = {2: "RXD in 收", 3: "TXD out 发", 4: "DTR", 5: "GND 地", 7: "RTS"}


def cables() -> str:
    """Serial cables from the USB adapter to UPS and call records."""
    sheet = Sheet(1280, 860, "linewarden: serial cables")
    sheet.text((40, 46), "Serial cables: USB adapter (DB9 male) to the device", size=25, bold=True)
    sheet.text((40, 78), "串口线：USB 转 RS-232（DB9 公头）到设备", size=23)
    ups = ("UPS (Megatec): straight", "UPS（Megatec 协议）：直通线")
    _cable(sheet, (40, 130), ups, ("UPS", "UPS 串口"), STRAIGHT)
    smdr = ("call records of a PBX that is a DTE: crossed", "话单（交换机为 DTE）：交叉线")
    _cable(sheet, (660, 130), smdr, ("PBX", "交换机"), CROSSED)
    _how_to_tell(sheet)
    return sheet.svg()


def _cable(
    sheet: Sheet,
    at: Point,
    texts: tuple[str, str],
    device: tuple[str, str],
    pairs: tuple[tuple[int, int], ...],
) -> None:
    x, y = at
    sheet.both((x, y), texts, size=17)
    sheet.box((x, y + 40), (200, 330))
    sheet.box((x + 420, y + 40), (160, 330))
    sheet.both((x + 100, y + 66), ("USB adapter", "USB 转接头"), anchor="middle")
    sheet.both((x + 500, y + 66), device, anchor="middle")
    row = {pin: y + 125 + 50 * place for place, pin in enumerate((2, 3, 5, 4, 7))}
    for ours, theirs in pairs:
        sheet.line(
            (x + 200, row[ours]),
            (x + 240, row[ours]),
            (x + 380, row[theirs]),
            (x + 420, row[theirs]),
            width=3,
        )
    for pin in {ours for ours, _ in pairs}:
        sheet.text((x + 190, row[pin] + 5), f"{SIGNALS[pin]}  {pin}", size=16, anchor="end", bold=True)
    for pin in {theirs for _, theirs in pairs}:
        sheet.text((x + 432, row[pin] + 5), str(pin), size=16, bold=True)
    if pairs is CROSSED:
        for line, words in enumerate(("join 短接", "1 + 4 + 6", "join 短接", "7 + 8")):
            sheet.text((x + 432, y + 280 + 22 * line), words, size=15, bold=line % 2 == 1)


def _how_to_tell(sheet: Sheet) -> None:
    sheet.box((40, 540), (880, 150), fill="#f4f8ff", color=COLD)
    lines = (
        "Straight or crossed? Measure the device alone, each pin against pin 5:",
        "the one with -3 to -12 V sends, and must come to pin 2 of the adapter.",
        "Pin 2 of the device sends: straight. Pin 3 sends: crossed.",
        "直通还是交叉？单独量设备插座，各脚对 5 脚：-3 至 -12 V 的那一脚是设备的“发”，",
        "要接到转接头 2 脚：设备 2 脚发用直通线，3 脚发用交叉线。",
    )
    for at, line in enumerate(lines):
        sheet.text((60, 568 + 27 * at), line, size=16, bold=at < 3)
    _plug(sheet, (950, 540))
    sheet.box((40, 710), (1200, 120), fill="#fff6f5", color=HOT)
    more = (
        "RS-232 kills a Pi: on the header (GPIO 14, 15, 8, 9) only behind a level converter such as a MAX3232 board.",
        "RS-232 电平会烧毁树莓派：接 40 针串口（GPIO 14、15、8、9）必须经 MAX3232 电平转换板。",
        "APC's own signalling cables are wired otherwise: do not use them here. APC 专用信号线接法不同，不能用在这里。",
    )
    for at, line in enumerate(more):
        sheet.text((60, 742 + 32 * at), line, size=17, bold=at == 0, color=HOT)


def _plug(sheet: Sheet, at: Point) -> None:
    """The face of the adapter's plug, where people count the pins."""
    x, y = at
    sheet.both((x, y + 14), ("plug of the adapter, seen from its pins", "转接头公头，正对插针看"), size=15)
    sheet.line(
        (x + 10, y + 50), (x + 270, y + 50), (x + 240, y + 146), (x + 40, y + 146), (x + 10, y + 50), width=3
    )
    for number in range(1, 10):
        upper = number <= 5
        place = (x + 44 + 48 * (number - 1), y + 76) if upper else (x + 68 + 48 * (number - 6), y + 120)
        sheet.dot(place, 14, fill="#ffffff" if number not in {2, 3, 5} else "#ffe08a", color=INK)
        sheet.text((place[0], place[1] + 5), str(number), size=15, anchor="middle", bold=True)
