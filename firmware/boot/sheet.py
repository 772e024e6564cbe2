"""A sheet of a drawing as SVG: lines, boxes, dots and texts in both languages, nothing else."""

from xml.sax.saxutils import escape

FONT = "'Noto Sans','DejaVu Sans','Noto Sans CJK SC','WenQuanYi Zen Hei',Arial,sans-serif"
INK, FAINT, PAPER = "#1a1a1a", "#8a8a8a", "#ffffff"

Point = tuple[float, float]


class Sheet:
    """Collects shapes; `svg` gives the file. Lengths are pixels, the origin is at the top left."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._size = (width, height)
        self._title = title
        self._shapes: list[str] = []

    def line(self, *points: Point, color: str = INK, width: float = 2, dashed: bool = False) -> None:
        """A line through points."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        dash = ' stroke-dasharray="7 5"' if dashed else ""
        self._shapes.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width:g}"{dash}/>'
        )

    def box(self, at: Point, size: Point, *, color: str = INK, fill: str = PAPER, width: float = 2) -> None:
        """A rectangle by its upper left corner."""
        self._shapes.append(
            f'<rect x="{at[0]:g}" y="{at[1]:g}" width="{size[0]:g}" height="{size[1]:g}" rx="4"'
            f' fill="{fill}" stroke="{color}" stroke-width="{width:g}"/>'
        )

    def dot(
        self, at: Point, radius: float = 4, *, color: str = INK, fill: str = INK, width: float = 2
    ) -> None:
        """A circle; a small filled one joins lines."""
        self._shapes.append(
            f'<circle cx="{at[0]:g}" cy="{at[1]:g}" r="{radius:g}" fill="{fill}"'
            f' stroke="{color}" stroke-width="{width:g}"/>'
        )

    def text(
        self,
        at: Point,
        words: str,
        *,
        size: int = 15,
        anchor: str = "start",
        bold: bool = False,
        color: str = INK,
    ) -> None:
        """One line of text; `anchor` is start, middle or end."""
        weight = ' font-weight="bold"' if bold else ""
        self._shapes.append(
            f'<text x="{at[0]:g}" y="{at[1]:g}" font-size="{size}" text-anchor="{anchor}"'
            f' fill="{color}"{weight}>{escape(words)}</text>'
        )

    def both(
        self, at: Point, texts: tuple[str, str], *, size: int = 15, anchor: str = "start", color: str = INK
    ) -> None:
        """A text in English, and below it in Chinese."""
        self.text(at, texts[0], size=size, anchor=anchor, bold=True, color=color)
        self.text((at[0], at[1] + size + 3), texts[1], size=size, anchor=anchor, color=color)

    def ground(self, at: Point, color: str = INK) -> None:
        """The sign for ground, hanging at a point."""
        x, y = at
        for step, half in enumerate((12, 8, 4)):
            self.line((x - half, y + 5 * step), (x + half, y + 5 * step), color=color)

    def resistor(self, at: Point, words: str, *, upright: bool = False) -> None:
        """A resistor of 40 by 14 around a point."""
        x, y = at
        size = (14.0, 40.0) if upright else (40.0, 14.0)
        self.box((x - size[0] / 2, y - size[1] / 2), size)
        where = (x + 12, y + 5) if upright else (x, y - 12)
        self.text(where, words, size=13, anchor="start" if upright else "middle")

    def lamp(self, at: Point, color: str) -> None:
        """A lamp: a circle with a cross."""
        x, y = at
        self.dot(at, 16, color=INK, fill=color)
        self.line((x - 11, y - 11), (x + 11, y + 11))
        self.line((x - 11, y + 11), (x + 11, y - 11))

    def contact(self, at: Point, *, closed: bool) -> None:
        """A contact of 60 in a line from left to right, drawn as it rests."""
        x, y = at
        self.dot((x, y), 4)
        self.dot((x + 60, y), 4)
        if closed:
            self.line((x, y), (x + 66, y - 9), width=3)
            self.line((x + 60, y), (x + 60, y - 12))
        else:
            self.line((x, y), (x + 56, y - 24), width=3)

    def svg(self) -> str:
        """The file."""
        width, height = self._size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
            f' height="{height}" font-family="{FONT}" role="img">'
        )
        paper = f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
        return "\n".join([head, f"<title>{escape(self._title)}</title>", paper, *self._shapes, "</svg>\n"])
