"""Draw the pictures of the bundled sample: `python draw_images.py [OUT_DIR]`. Needs Pillow only.

Every picture is a flat 256 x 256 poster, drawn at three times the size and scaled down. The same script
always draws the same pixels. Nothing else imports it.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

SIZE, SCALE = 256, 3
Points = Sequence[tuple[float, float]]


class Canvas:
    """A drawing board with coordinates from 0 to 256, y downwards."""

    def __init__(self, top: str, bottom: str | None = None, bands: int = 12) -> None:
        """Paint the background: one colour, or horizontal bands from one colour to another."""
        self.image = Image.new("RGB", (SIZE * SCALE, SIZE * SCALE), top)
        self.draw = ImageDraw.Draw(self.image)
        first, last = (self.image.copy().resize((1, 1)), Image.new("RGB", (1, 1), bottom or top))
        for i in range(bands):
            colour = Image.blend(first, last, i / (bands - 1)).getpixel((0, 0))
            y = i * SIZE * SCALE // bands
            self.draw.rectangle((0, y, SIZE * SCALE, SIZE * SCALE), fill=colour)

    def poly(self, points: Points, fill: str) -> None:
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def rect(self, x0: float, y0: float, x1: float, y1: float, fill: str, radius: float = 0) -> None:
        box = (x0 * SCALE, y0 * SCALE, x1 * SCALE - 1, y1 * SCALE - 1)
        self.draw.rounded_rectangle(box, radius * SCALE, fill=fill)

    def oval(self, x: float, y: float, rx: float, ry: float | None, fill: str) -> None:
        ry = rx if ry is None else ry
        box = ((x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE)
        self.draw.ellipse(box, fill=fill)

    def dot(self, x: float, y: float, radius: float, fill: str) -> None:
        self.oval(x, y, radius, None, fill)

    def line(self, points: Points, fill: str, width: float = 3) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.draw.line(scaled, fill=fill, width=round(width * SCALE), joint="curve")

    def arc(
        self, x: float, y: float, r: float, start: float, end: float, fill: str, width: float = 3
    ) -> None:
        box = ((x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE)
        self.draw.arc(box, start, end, fill=fill, width=round(width * SCALE))

    def pie(self, x: float, y: float, r: float, start: float, end: float, fill: str) -> None:
        box = ((x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE)
        self.draw.pieslice(box, start, end, fill=fill)

    def stars(self, count: int = 40, bottom: float = 140, fill: str = "#fff6d8") -> None:
        rng = random.Random(count)
        for _ in range(count):
            self.dot(rng.uniform(4, 252), rng.uniform(4, bottom), rng.choice((0.8, 1.1, 1.6)), fill)

    def cloud(self, x: float, y: float, size: float = 1.0, fill: str = "#ffffff") -> None:
        for dx, dy, r in ((-26, 4, 14), (-8, -4, 19), (14, -2, 17), (30, 6, 12)):
            self.dot(x + dx * size, y + dy * size, r * size, fill)
        self.rect(x - 38 * size, y + 4 * size, x + 40 * size, y + 18 * size, fill, 7 * size)

    def hill(self, x: float, y: float, rx: float, fill: str, ry: float | None = None) -> None:
        self.oval(x, y + (ry or rx), rx, ry or rx, fill)

    def peak(
        self, x: float, y: float, half: float, base: float, fill: str, snow: str | None = "#ffffff"
    ) -> None:
        self.poly([(x - half, base), (x, y), (x + half, base)], fill)
        if snow:
            k, h = half * 0.36, (base - y) * 0.36
            jag = [(x - k * 0.5, y + h * 0.8), (x, y + h * 1.25), (x + k * 0.45, y + h * 0.8)]
            self.poly([(x, y), (x - k, y + h), *jag, (x + k, y + h)], snow)

    def windows(self, x0: float, y0: float, x1: float, y1: float, step: float, fill: str) -> None:
        y = y0
        while y + step * 0.5 <= y1:
            x = x0
            while x + step * 0.5 <= x1:
                self.rect(x, y, x + step * 0.5, y + step * 0.55, fill)
                x += step
            y += step

    def palm(self, x: float, y: float, height: float) -> None:
        self.line([(x, y), (x + 5, y - height / 2), (x + 12, y - height)], "#7a5230", 6)
        for angle in (-170, -135, -60, -20, 10):
            a = math.radians(angle)
            tip = (x + 12 + 34 * math.cos(a), y - height + 26 * math.sin(a) + 10)
            self.poly([(x + 12, y - height - 4), ((x + 12 + tip[0]) / 2, y - height - 12), tip], "#2f8f4e")

    def person(self, x: float, y: float, size: float, fill: str) -> None:
        """A small figure that stands at (x, y)."""
        self.dot(x, y - 20 * size, 4 * size, "#f1c9a5")
        self.rect(x - 4 * size, y - 16 * size, x + 4 * size, y, fill, 3 * size)

    def note(self, x: float, y: float, fill: str) -> None:
        self.oval(x, y, 8, 6, fill)
        self.line([(x + 7, y), (x + 7, y - 32), (x + 20, y - 24)], fill, 4)


SCENES: dict[str, Callable[[], Canvas]] = {}
Scene = Callable[..., None]


def scene(name: str, top: str, bottom: str, **kwargs: str | int) -> Callable[[Scene], Scene]:
    """Say for which post a function draws, and on which background.

    name (str): The post.
    top (str): The colour of the background at its top.
    bottom (str): The colour at its bottom.
    **kwargs: Passed to the function, to draw variants of a scene.
    RETURNS (Callable): A decorator that gives the function back.
    """

    def register(func: Scene) -> Scene:
        def draw() -> Canvas:
            canvas = Canvas(top, bottom)
            func(canvas, **kwargs)
            return canvas

        SCENES[name] = draw
        return func

    return register


@scene("train-001", "#dfe9ee", "#c5d6de")
def laboratory(c: Canvas) -> None:
    c.rect(0, 178, 256, 256, "#8a5a3c")
    c.rect(0, 178, 256, 186, "#a8744f")
    for r, col in ((74, "#d8ecca"), (58, "#c8eab0")):
        c.dot(98, 142, r, col)
    c.poly([(86, 70), (110, 70), (110, 106), (142, 178), (54, 178), (86, 106)], "#f4fafb")
    c.poly([(75, 132), (121, 132), (140, 174), (56, 174)], "#4fd35a")
    c.rect(81, 62, 115, 72, "#ffffff", 4)
    for x, y, r in ((88, 148, 5), (104, 158, 7), (99, 120, 4), (97, 98, 3)):
        c.dot(x, y, r, "#b6f5b0")
    for x in (178, 220):
        c.poly([(x - 12, 108), (x + 12, 108), (x, 146)], "#3b64ad")
        c.dot(x, 157, 18, "#c9971c")
        c.dot(x, 157, 13, "#f3cf55")


@scene("train-002", "#1b1430", "#2c1b48")
def microphone(c: Canvas) -> None:
    c.poly([(20, 0), (60, 0), (190, 226), (80, 226)], "#574083")
    c.poly([(196, 0), (236, 0), (176, 226), (66, 226)], "#7a5596")
    c.poly([(100, 86), (154, 86), (176, 226), (80, 226)], "#9d77ad")
    c.rect(0, 222, 256, 256, "#120c20")
    c.line([(128, 96), (128, 228)], "#d9d9e3", 5)
    c.oval(128, 230, 38, 8, "#d9d9e3")
    c.line([(128, 110), (106, 78)], "#2a2a33", 12)
    c.dot(100, 68, 19, "#e9e9f0")
    for d in (-8, 0, 8):
        c.line([(100 + d - 7, 56), (100 + d + 7, 80)], "#8d8d99", 1.5)


@scene("train-005", "#c9dbe6", "#f2efe8")
def bridge(c: Canvas) -> None:
    c.hill(230, 120, 90, "#8fa49c", 70)
    for x in (70, 186):
        c.rect(x - 9, 36, x - 3, 220, "#c2402a")
        c.rect(x + 3, 36, x + 9, 220, "#c2402a")
        for y in (48, 82, 116):
            c.rect(x - 9, y, x + 9, y + 6, "#c2402a")
    span = [(x, 142 - 100 * ((x - 128) / 58) ** 2) for x in range(70, 187, 4)]
    for side in (
        span,
        [(x, 42 + (70 - x) * 1.5) for x in (70, 0)],
        [(x, 42 + (x - 186) * 1.5) for x in (186, 256)],
    ):
        c.line(side, "#a93420", 4)
    for px, py in span[1:-1:2]:
        c.line([(px, py), (px, 152)], "#b8533f", 1.2)
    c.rect(0, 150, 256, 160, "#b23a25")
    for x, y, s in (
        (30, 188, 1.3),
        (110, 196, 1.5),
        (190, 186, 1.3),
        (250, 196, 1.3),
        (150, 226, 2),
        (40, 230, 2),
    ):
        c.cloud(x, y, s)
    c.rect(0, 206, 256, 256, "#ffffff")


@scene("train-008", "#27235a", "#6a4a93")
def magic_book(c: Canvas) -> None:
    c.stars(50, 170)
    c.poly([(24, 176), (128, 196), (232, 176), (232, 226), (128, 246), (24, 226)], "#7c3328")
    for k in range(4):
        c.poly(
            [(30, 166 + 3 * k), (128, 190 + 3 * k), (226, 166 + 3 * k), (226, 212), (128, 236), (30, 212)],
            "#e8d8ae",
        )
    c.poly([(30, 164), (80, 152), (128, 178), (128, 228), (80, 202), (30, 212)], "#fff6dc")
    c.poly([(226, 164), (176, 152), (128, 178), (128, 228), (176, 202), (226, 212)], "#f6e9c6")
    for k in range(4):
        c.line([(46, 172 + 9 * k), (80, 164 + 9 * k), (114, 180 + 9 * k)], "#b9a67c", 2)
        c.line([(210, 172 + 9 * k), (176, 164 + 9 * k), (142, 180 + 9 * k)], "#b9a67c", 2)
    for s in (-1, 1):
        c.poly([(128, 92), (128 + 62 * s, 62), (128 + 50 * s, 92), (128 + 24 * s, 106)], "#c99a63")
        c.poly([(128 + 8 * s, 66), (128 + 18 * s, 52), (128 + 18 * s, 70)], "#a87642")
        c.dot(128 + 8 * s, 76, 8, "#ffffff")
        c.dot(128 + 8 * s, 76, 3.5, "#241a12")
    c.oval(128, 98, 17, 24, "#b98450")
    for s in (-1, 1):
        c.dot(128 + 8 * s, 80, 9, "#ffffff")
        c.dot(128 + 8 * s, 80, 4, "#241a12")
    c.poly([(124, 87), (132, 87), (128, 95)], "#f0b429")


@scene("train-009", "#3f8fd6", "#bfe3f7")
def airliner(c: Canvas) -> None:
    c.dot(212, 44, 22, "#ffe58a")
    c.poly([(96, 96), (136, 92), (106, 46), (90, 48)], "#b9c6d1")
    c.poly([(26, 118), (50, 112), (34, 66), (16, 66)], "#2b5c9e")
    c.poly([(18, 116), (190, 88), (222, 94), (232, 104), (222, 114), (60, 138), (30, 132)], "#ffffff")
    c.poly([(30, 132), (60, 138), (222, 114), (229, 108), (50, 128)], "#cfd9e2")
    c.poly([(110, 116), (160, 108), (104, 176), (82, 176)], "#8fa3b5")
    for k in range(9):
        c.dot(72 + 14 * k, 115.5 - 2.2 * k, 3, "#2b5c9e")
    c.poly([(208, 95), (222, 97), (226, 102), (210, 102)], "#2b5c9e")
    for x, y, s in ((40, 214, 1.4), (130, 222, 1.7), (222, 210, 1.4), (180, 236, 1.8), (60, 240, 1.8)):
        c.cloud(x, y, s)


@scene("train-010", "#f2774b", "#ffe2a0")
def summit(c: Canvas) -> None:
    c.dot(186, 120, 32, "#fff0b5")
    c.peak(60, 110, 120, 220, "#8d6a8f", None)
    c.peak(128, 58, 130, 226, "#5b4a77")
    c.line([(128, 60), (128, 24)], "#3a2c1e", 3)
    c.poly([(129, 24), (160, 32), (129, 42)], "#d62f3a")
    c.hill(60, 200, 150, "#4e7a4a", 60)
    c.hill(210, 210, 150, "#3c6640", 60)
    for x in (30, 52, 214, 236):
        c.rect(x - 2, 206, x + 2, 226, "#3b2a1a")
        c.oval(x, 204, 17, 6, "#2f5230")


@scene("test-007", "#e88a6a", "#fbe3bf")
def volcano_lake(c: Canvas) -> None:
    c.dot(60, 88, 26, "#fff0c0")
    slope = [(128 + s * (14 + 104 * t**1.7), 62 + 108 * t) for s in (-1, 1) for t in (0, 0.3, 0.6, 0.8, 1)]
    c.poly([*slope[4::-1], *slope[5:]], "#54618f")
    c.poly(
        [
            slope[2],
            slope[1],
            slope[0],
            slope[5],
            slope[6],
            slope[7],
            (148, 116),
            (136, 128),
            (122, 114),
            (108, 128),
        ],
        "#ffffff",
    )
    c.rect(0, 168, 256, 256, "#6d8fb8")
    c.poly([(20, 168), (236, 168), (150, 226), (106, 226)], "#5d7ba6")
    for y, x in ((182, 40), (198, 150), (214, 60), (232, 140)):
        c.rect(x, y, x + 60, y + 3, "#a9c3dc", 1)
    c.line([(0, 40), (40, 30), (90, 22)], "#6b3f33", 5)
    for k, (x, y) in enumerate(((14, 44), (26, 26), (42, 40), (58, 20), (74, 32), (92, 20), (6, 28))):
        c.dot(x, y, 9, ("#f7b6c6", "#f28fab")[k % 2])


@scene("train-015", "#27365f", "#f0a27c", landing=False)
@scene("train-054", "#5aa7df", "#d8effa", landing=True)
def rocket(c: Canvas, landing: bool) -> None:
    up = -14 if landing else 0
    if landing:
        c.rect(0, 214, 256, 256, "#2c6ea6")
        c.rect(52, 206, 204, 222, "#565f6b", 3)
        c.oval(128, 208, 46, 6, "#f3cf55")
        c.poly([(114, 172), (142, 172), (134, 206), (122, 206)], "#ffb02e")
        c.poly([(120, 172), (136, 172), (128, 196)], "#fff3b0")
        for x in (-1, 1):
            c.line([(128 + 14 * x, 158), (128 + 44 * x, 184)], "#30343b", 5)
    else:
        c.stars(40, 90)
        c.rect(0, 214, 256, 256, "#4b3b45")
        c.rect(176, 44, 196, 216, "#8c2f39")
        for y in range(48, 210, 20):
            c.line([(176, y), (196, y + 20)], "#d98a8a", 2)
        c.rect(146, 84, 178, 90, "#8c2f39")
        c.rect(88, 204, 170, 218, "#30262c")
        for x in (-1, 1):
            c.poly([(128 + 18 * x, 160), (128 + 36 * x, 206), (128 + 16 * x, 200)], "#d6333f")
    c.rect(110, 78 + up, 146, 204 + up * 2.4, "#f7f7fa", 3)
    c.poly(
        [(110, 80 + up), (116, 54 + up), (128, 30 + up), (140, 54 + up), (146, 80 + up)],
        "#d6333f" if not landing else "#30343b",
    )
    c.rect(136, 80 + up, 146, 200 + up * 2.4, "#d5d9e3")
    c.dot(128, 108 + up, 9, "#3d78b8")
    c.rect(110, 148 + up, 146, 156 + up, "#30343b")


@scene("train-016", "#8f9cab", "#d9dde0")
def clock_tower(c: Canvas) -> None:
    c.cloud(52, 52, 1.2, "#b5bfca")
    c.cloud(214, 90, 1.1, "#b5bfca")
    c.windows(0, 196, 256, 240, 22, "#8b7544")
    c.rect(0, 180, 96, 256, "#a58c56")
    c.rect(160, 180, 256, 256, "#a58c56")
    for x in (6, 40, 74, 164, 198, 232):
        c.windows(x, 194, x + 20, 240, 10, "#5e4d2a")
        c.poly([(x, 182), (x + 8, 160), (x + 16, 182)], "#6b6f63")
    c.rect(96, 76, 160, 256, "#c2a565")
    for x in (102, 117, 132, 147):
        c.rect(x, 146, x + 7, 252, "#9c824b")
    c.rect(90, 72, 166, 138, "#d1b679")
    c.poly([(90, 72), (104, 44), (152, 44), (166, 72)], "#59665c")
    c.poly([(108, 44), (128, 6), (148, 44)], "#46544b")
    c.dot(128, 105, 29, "#e3b53a")
    c.dot(128, 105, 24, "#fffbe8")
    for k in range(12):
        a = math.radians(30 * k)
        c.dot(128 + 19 * math.sin(a), 105 - 19 * math.cos(a), 1.6, "#222222")
    c.line([(128, 105), (128, 88)], "#222222", 2.6)
    c.line([(128, 105), (140, 111)], "#222222", 3.2)


@scene("train-017", "#0d1b3d", "#20456a")
def volcano(c: Canvas) -> None:
    c.stars(50, 120)
    for k, col in enumerate(("#1f8f6a", "#35c285", "#8be8b0")):
        c.line([(x, 40 + 12 * k + 14 * math.sin(x / 26 + k)) for x in range(-8, 270, 8)], col, 14 - 4 * k)
    for x, y in ((-30, -62), (-14, -80), (8, -86), (26, -70), (40, -46), (-44, -40)):
        c.line([(128, 124), (128 + x * 0.6, 124 + y), (128 + x, 124 + y * 0.7)], "#ff8c2e", 4)
    c.poly([(16, 214), (106, 120), (150, 120), (240, 214)], "#3a3038")
    c.poly(
        [
            (106, 120),
            (150, 120),
            (146, 140),
            (154, 170),
            (140, 166),
            (132, 192),
            (122, 158),
            (112, 164),
            (116, 138),
        ],
        "#ff5a2b",
    )
    c.oval(128, 120, 22, 5, "#ffd24a")
    c.rect(0, 212, 256, 256, "#173a5e")
    for x, y in ((108, 222), (120, 234), (96, 244)):
        c.rect(x, y, x + 46, y + 3, "#d9683f", 1)


@scene("train-019", "#141d3a", "#2e3f73")
def stadium(c: Canvas) -> None:
    c.poly([(0, 96), (256, 96), (256, 170), (0, 170)], "#6c7390")
    rng = random.Random(19)
    for _ in range(420):
        c.dot(
            rng.uniform(0, 256),
            rng.uniform(104, 160),
            2.2,
            rng.choice(("#f2f2f2", "#e4b94a", "#b64b57", "#5e86c9", "#3a4060")),
        )
    for x in (36, 220):
        c.line([(x, 100), (x, 40)], "#c8ccd8", 4)
        c.rect(x - 20, 24, x + 20, 46, "#4a5270", 3)
        for k in range(8):
            c.dot(x - 14 + 9.4 * (k % 4), 30 + 10 * (k // 4), 4, "#fffce0")
    c.rect(0, 160, 256, 256, "#2f9447")
    for k in range(0, 8, 2):
        c.poly([(32 * k, 166), (32 * k + 32, 166), (64 * k - 96, 256), (64 * k - 160, 256)], "#3aa655")
    c.line([(0, 168), (256, 168)], "#ffffff", 3)
    c.oval(128, 226, 54, 20, "#ffffff")
    c.oval(128, 226, 51, 17.5, "#35a04f")
    c.rect(98, 132, 101, 168, "#ffffff")
    c.rect(155, 132, 158, 168, "#ffffff")
    c.rect(98, 130, 158, 134, "#ffffff")
    football(c, 128, 222, 15)


def football(c: Canvas, x: float, y: float, r: float) -> None:
    c.dot(x, y, r, "#1b1b1f")
    c.dot(x, y, r * 0.94, "#ffffff")
    ring = [(x + r * 0.36 * math.sin(k * 1.2566), y - r * 0.36 * math.cos(k * 1.2566)) for k in range(5)]
    for px, py in ring:
        c.line([(px, py), (x + (px - x) * 2.1, y + (py - y) * 2.1)], "#1b1b1f", r * 0.07)
        c.dot(x + (px - x) * 2.25, y + (py - y) * 2.25, r * 0.17, "#1b1b1f")
    c.poly(ring, "#1b1b1f")


@scene("dev-025", "#bfd9ee", "#e7f1f7")
def pitch(c: Canvas) -> None:
    c.rect(0, 64, 256, 150, "#b3202c")
    for y in range(76, 148, 12):
        c.rect(0, y, 256, y + 4, "#d94a54")
    for x in (40, 126, 212):
        c.rect(x, 64, x + 6, 150, "#8c1721")
    c.poly([(0, 64), (0, 40), (256, 28), (256, 64)], "#e9ecef")
    c.rect(0, 148, 256, 256, "#35a04f")
    for y in (148, 188, 228):
        c.rect(0, y, 256, y + 20, "#2f9447")
    c.line([(0, 160), (256, 160)], "#ffffff", 3)
    c.oval(128, 228, 46, 8, "#226b36")
    football(c, 128, 188, 42)


@scene("train-021", "#f3d9b1", "#e9c38d")
def vinyl(c: Canvas) -> None:
    for r, col in ((80, "#17171b"), (66, "#2c2c33"), (64, "#17171b"), (52, "#2c2c33"), (50, "#17171b")):
        c.dot(160, 128, r, col)
    c.dot(160, 128, 27, "#d8452f")
    c.dot(160, 128, 4, "#f3d9b1")
    c.rect(24, 46, 150, 210, "#f7f2e6", 2)
    for k, col in enumerate(("#d8452f", "#ee8f2f", "#f2c94c", "#3f9c78", "#2f6fa8")):
        c.rect(24, 82 + 18 * k, 150, 100 + 18 * k, col)
    c.note(196, 44, "#5a3b22")
    c.note(226, 66, "#5a3b22")


@scene("train-023", "#7cc4ea", "#fde9d2")
def palace(c: Canvas) -> None:
    c.rect(0, 226, 256, 256, "#d7b384")
    for x0, x1, top in ((18, 238, 150), (50, 206, 104), (86, 170, 66)):
        c.rect(x0, top, x1, 228, "#e58a8a")
        c.rect(x0 - 3, top - 3, x1 + 3, top + 4, "#f7d6c8")
        for x in range(x0 + 10, x1 - 6, 20):
            c.pie(x + 5, top, 10, 180, 360, "#d06f74")
            c.line([(x + 5, top - 10), (x + 5, top - 17)], "#f0c75e", 2)
            for y in range(top + 12, 206, 26):
                c.rect(x, y + 4, x + 10, y + 16, "#a94a58")
                c.pie(x + 5, y + 5, 5, 180, 360, "#a94a58")
                c.rect(x - 1, y + 17, x + 11, y + 19, "#f7d6c8")
    c.rect(112, 196, 144, 228, "#7c3040")
    c.pie(128, 197, 16, 180, 360, "#7c3040")


@scene("train-028", "#5fae4f", "#3f8f3d")
def tennis(c: Canvas) -> None:
    for x in (0, 86, 172):
        c.rect(x, 0, x + 43, 256, "#58a44b")
    c.line([(0, 206), (256, 206)], "#ffffff", 6)
    c.line([(196, 206), (196, 256)], "#ffffff", 6)
    c.line([(134, 150), (54, 238)], "#2b2b33", 13)
    c.line([(84, 205), (54, 238)], "#b5532f", 15)
    c.line([(134, 150), (118, 118)], "#b3202c", 7)
    c.line([(134, 150), (166, 140)], "#b3202c", 7)
    c.oval(148, 90, 58, 62, "#b3202c")
    c.oval(148, 90, 50, 54, "#6cb65c")
    for k in range(-4, 5):
        w = math.sqrt(1 - (k / 5) ** 2)
        c.line([(148 + 10 * k, 90 - 53 * w), (148 + 10 * k, 90 + 53 * w)], "#f5f5ee", 1.3)
        c.line([(148 - 49 * w, 90 + 10.8 * k), (148 + 49 * w, 90 + 10.8 * k)], "#f5f5ee", 1.3)
    c.dot(206, 166, 23, "#d9ea3a")
    c.arc(184, 150, 26, -20, 80, "#ffffff", 3)
    c.arc(228, 182, 26, 160, 260, "#ffffff", 3)


@scene("train-032", "#f6a96b", "#ffe9bd")
def towers(c: Canvas) -> None:
    for x, top in ((78, 70), (104, 40), (146, 40), (172, 70)):
        c.poly([(x - 14, 226), (x - 11, top + 60), (x, top), (x + 11, top + 60), (x + 14, 226)], "#a8764a")
        for y in range(top + 34, 200, 15):
            c.rect(x - 5, y, x - 1, y + 8, "#6d4828")
            c.rect(x + 2, y, x + 6, y + 8, "#6d4828")
        c.dot(x, top - 2, 5, "#f2d04e")
        c.dot(x, top + 7, 3.5, "#d0503f")
    c.poly([(62, 228), (62, 180), (125, 124), (188, 180), (188, 228)], "#bf8a5a")
    c.dot(125, 168, 14, "#7b4a6b")
    for k in range(8):
        c.dot(125 + 9 * math.cos(k * 0.785), 168 + 9 * math.sin(k * 0.785), 3, ("#f2d04e", "#5fb1c9")[k % 2])
    for x in (90, 125, 160):
        c.rect(x - 9, 204, x + 9, 228, "#5c3a22")
        c.pie(x, 205, 9, 180, 360, "#5c3a22")
    c.rect(216, 30, 222, 228, "#e0b020")
    c.rect(150, 28, 244, 33, "#e0b020")
    c.line([(219, 14), (156, 29)], "#c2930f", 2)
    c.line([(219, 14), (242, 29)], "#c2930f", 2)
    c.rect(217, 14, 221, 32, "#c2930f")
    c.line([(160, 32), (160, 62)], "#5a4a2a", 1.5)
    c.rect(153, 62, 167, 70, "#8b6a4a")
    c.rect(0, 226, 256, 256, "#5f8f4f")


@scene("train-033", "#bfe0f2", "#eef7fb")
def penguin(c: Canvas) -> None:
    c.rect(0, 200, 256, 256, "#ffffff")
    c.hill(220, 150, 70, "#d8ecf6", 60)
    c.rect(0, 204, 256, 256, "#f7fbfd")
    c.oval(92, 142, 50, 68, "#23262e")
    c.oval(92, 154, 35, 54, "#ffffff")
    c.dot(92, 76, 36, "#23262e")
    c.oval(80, 80, 15, 19, "#ffffff")
    c.oval(104, 80, 15, 19, "#ffffff")
    for x in (83, 101):
        c.dot(x, 76, 5.5, "#15171c")
        c.dot(x + 1.5, 74, 1.8, "#ffffff")
    c.poly([(78, 88), (106, 88), (92, 101)], "#f4a72c")
    c.poly([(44, 118), (24, 164), (52, 158)], "#23262e")
    c.poly([(138, 116), (166, 158), (136, 156)], "#23262e")
    c.oval(70, 210, 22, 9, "#f4a72c")
    c.oval(114, 210, 22, 9, "#f4a72c")
    c.poly([(160, 148), (236, 142), (242, 200), (166, 204)], "#3a4150")
    c.poly([(165, 153), (231, 148), (236, 194), (171, 198)], "#12321f")
    for k, w in enumerate((30, 44, 20, 36)):
        c.rect(174, 157 + 9 * k, 174 + w, 160 + 9 * k, "#63e08a")
    c.poly([(166, 204), (242, 200), (254, 218), (160, 222)], "#9aa3b2")


@scene("train-034", "#8fc1c4", "#a9d3d0")
def sunflowers(c: Canvas) -> None:
    c.rect(0, 190, 256, 256, "#e2b04a")
    for x, y in ((74, 84), (132, 56), (188, 92), (128, 116)):
        c.line([(128, 180), (x, y)], "#4c7a34", 6)
    for x, y, s in ((92, 140, -1), (164, 146, 1)):
        c.oval(x + 4 * s, y, 22, 9, "#5b8f3e")
    for x, y, r in ((74, 84, 34), (132, 56, 36), (188, 92, 34), (128, 118, 30)):
        for ring, col in ((1.0, "#f0a81c"), (0.86, "#fbd13a")):
            for k in range(14):
                a = k * 0.4488 + (0.22 if ring < 1 else 0)
                tip = (x + r * ring * math.cos(a), y + r * ring * math.sin(a))
                left = (x + r * 0.6 * math.cos(a - 0.3), y + r * 0.6 * math.sin(a - 0.3))
                right = (x + r * 0.6 * math.cos(a + 0.3), y + r * 0.6 * math.sin(a + 0.3))
                c.poly([(x, y), left, tip, right], col)
        c.dot(x, y, r * 0.5, "#6a3d1b")
        c.dot(x, y, r * 0.33, "#8a5527")
    c.poly([(92, 152), (164, 152), (176, 200), (158, 236), (98, 236), (80, 200)], "#f4e3b4")
    c.poly([(81, 194), (175, 194), (176, 202), (158, 236), (98, 236), (80, 202)], "#dd9a3a")


@scene("train-038", "#4a9bdc", "#cfeaf8")
def flat_mountain(c: Canvas) -> None:
    c.poly([(0, 176), (34, 104), (222, 100), (256, 160), (256, 190), (0, 190)], "#7d7565")
    for x in range(46, 220, 24):
        c.poly([(x, 104), (x + 10, 104), (x + 16, 176), (x - 6, 176)], "#8f8672")
    c.poly([(0, 164), (60, 150), (130, 166), (200, 150), (256, 158), (256, 196), (0, 196)], "#5d8a4f")
    c.windows(20, 176, 240, 194, 14, "#f7f0e2")
    c.rect(28, 86, 228, 108, "#ffffff", 10)
    for x, w in ((50, 8), (78, 16), (108, 10), (138, 18), (170, 9), (200, 13)):
        c.rect(x - 17, 88, x + 17, 108 + w, "#ffffff", 11)
    for x in (60, 100, 150, 196):
        c.dot(x, 88, 15, "#ffffff")
    c.rect(0, 196, 256, 256, "#2572ad")
    for x, y in ((20, 210), (120, 220), (190, 208), (60, 238), (160, 242)):
        c.rect(x, y, x + 44, y + 3, "#7db7de", 1)
    c.poly([(186, 232), (226, 232), (218, 242), (194, 242)], "#ffffff")
    c.poly([(206, 230), (206, 204), (224, 230)], "#f4f4f4")


@scene("train-039", "#101a3a", "#2d3b6b")
def steam_train(c: Canvas) -> None:
    c.stars(60, 120)
    c.dot(214, 40, 18, "#fdf3cf")
    c.peak(40, 110, 80, 200, "#4b5c8c")
    c.peak(210, 120, 80, 200, "#43538a")
    c.rect(0, 192, 256, 256, "#eaf1fb")
    for x, y, r in ((168, 92, 10), (148, 76, 14), (122, 62, 18), (90, 52, 21), (54, 46, 24)):
        c.dot(x, y, r, "#c9d2e6")
    for x in (0, 46):
        c.rect(x - 8, 130, x + 34, 190, "#1f4a8a", 4)
        c.rect(x - 8, 136, x + 34, 139, "#d9b45a")
        c.windows(x - 2, 146, x + 32, 166, 17, "#ffe08a")
    c.rect(86, 112, 130, 190, "#22252e", 3)
    c.rect(80, 106, 136, 114, "#9c2c35", 2)
    c.rect(96, 122, 120, 146, "#ffe08a")
    c.rect(128, 136, 210, 184, "#30343f", 14)
    for x in (150, 180):
        c.rect(x, 136, x + 4, 184, "#d9b45a")
    c.rect(176, 104, 190, 138, "#22252e")
    c.rect(171, 100, 195, 108, "#9c2c35", 2)
    c.dot(212, 150, 8, "#fff1b0")
    c.poly([(204, 176), (240, 204), (204, 204)], "#9c2c35")
    for x, r in ((6, 9), (28, 9), (54, 9), (72, 9), (108, 17), (148, 14), (182, 14)):
        c.dot(x, 204 - r, r, "#14161c")
        c.dot(x, 204 - r, r * 0.6, "#b3404a")
    c.rect(0, 204, 256, 209, "#6f7686")
    rng = random.Random(39)
    for _ in range(70):
        c.dot(rng.uniform(0, 256), rng.uniform(0, 250), 1.6, "#ffffff")


@scene("train-046", "#2b2f6b", "#4b3b8c")
def game_pad(c: Canvas) -> None:
    c.rect(38, 18, 218, 134, "#16171f", 10)
    c.rect(48, 28, 208, 124, "#6fc0f0", 4)
    c.rect(48, 108, 208, 124, "#b5652f")
    c.rect(48, 104, 208, 110, "#57b04a")
    c.cloud(88, 48, 0.5)
    for x in (120, 136, 152):
        c.rect(x, 68, x + 14, 82, "#d98b35", 1)
    c.rect(176, 82, 196, 106, "#3d9a3d", 2)
    c.rect(172, 78, 200, 88, "#4fb84f", 2)
    c.rect(80, 90, 90, 106, "#d6333f", 3)
    c.dot(85, 88, 6, "#f1c9a5")
    c.rect(26, 158, 230, 236, "#c9cbd1", 14)
    c.rect(34, 168, 222, 228, "#33353d", 8)
    c.rect(50, 191, 92, 205, "#d9dbe0", 3)
    c.rect(64, 177, 78, 219, "#d9dbe0", 3)
    for x in (112, 134):
        c.rect(x, 200, x + 16, 208, "#8d9099", 4)
    for x in (174, 204):
        c.dot(x, 200, 13, "#d62f3a")
        c.dot(x - 3, 197, 4, "#f08088")


@scene("train-049", "#f2b84b", "#e8893a", body="#1c1c22", guard="#ffffff", strings=6)
@scene("dev-002", "#e9dcc6", "#cdb797", body="#c32a2f", guard="#f3ead8", strings=4)
@scene("test-022", "#f7b267", "#ffe3b3", body="#fbfbf7", guard="#e9e2d0", strings=6)
def guitar(c: Canvas, body: str, guard: str, strings: int) -> None:
    if strings == 4:
        c.rect(0, 214, 256, 256, "#8a6848")
        c.rect(116, 84, 246, 226, "#25252b", 8)
        c.rect(126, 118, 236, 216, "#4b4b55", 4)
        for k in range(5):
            c.dot(140 + 20 * k, 101, 5, "#d9b45a")
    elif body == "#fbfbf7":
        c.hill(60, 150, 120, "#6fa35a", 90)
        c.hill(214, 160, 110, "#5a9150", 80)
        rng = random.Random(22)
        for _ in range(170):
            c.dot(
                rng.uniform(0, 256),
                rng.uniform(186, 222),
                3,
                rng.choice(("#d65a4a", "#f0c24a", "#4a7fb8", "#f3e6d0", "#7a4a8a")),
            )
        c.rect(0, 222, 256, 256, "#8a5a3a")
        for x in (8, 220):
            c.rect(x, 60, x + 28, 224, "#2b2b33", 3)
            for y in (84, 122, 160, 198):
                c.dot(x + 14, y, 10, "#55555f")
    c.line([(112, 150), (176, 34)], "#b57a42", 12)
    c.poly([(170, 38), (180, 20), (196, 16), (190, 40), (182, 46)], body)
    for k in range(strings // 2):
        c.dot(178 + 4 * k, 20 - 2 * k + 8, 2.4, "#d9d9de")
        c.dot(198, 20 + 8 * k, 3, "#d9d9de")
    for x, y, rx, ry in ((92, 190, 46, 38), (116, 150, 32, 28), (100, 168, 34, 34)):
        c.oval(x, y, rx, ry, "#2b1a12")
        c.oval(x, y, rx - 2, ry - 2, body)
    c.oval(100, 170, 30, 30, body)
    c.poly([(134, 140), (150, 118), (146, 150)], body)
    c.poly([(92, 146), (78, 126), (104, 136)], body)
    c.poly([(112, 142), (138, 150), (118, 196), (86, 214), (84, 196), (98, 168)], guard)
    c.line([(122, 132), (112, 150)], "#b57a42", 12)
    for x, y in ((106, 164), (94, 184)):
        c.line([(x - 9, y - 6), (x + 9, y + 5)], "#55555f", 7)
    c.line([(74, 196), (94, 208)], "#d9d9de", 6)
    for k in range(strings):
        d = (k - (strings - 1) / 2) * (9 / strings)
        c.line([(84 + d, 202 + d * 0.5), (180 + d, 34 + d * 0.5)], "#eeeeee", 0.7)


@scene("train-051", "#8fc7e8", "#e6f4f8")
def fjord(c: Canvas) -> None:
    c.peak(128, 84, 70, 170, "#9db4c0")
    c.poly([(0, 10), (44, 40), (76, 108), (108, 176), (0, 176)], "#4f7358")
    c.poly([(0, 10), (44, 40), (56, 64), (36, 62), (24, 78), (0, 60)], "#f4f8fa")
    c.poly([(256, 0), (214, 46), (182, 112), (146, 176), (256, 176)], "#3f6450")
    c.poly([(256, 0), (214, 46), (206, 66), (226, 60), (236, 80), (256, 66)], "#f4f8fa")
    c.line([(48, 70), (52, 110), (46, 174)], "#ffffff", 4)
    c.line([(218, 80), (214, 174)], "#ffffff", 3)
    c.rect(0, 172, 256, 256, "#2f7f8f")
    c.poly([(0, 172), (108, 172), (60, 226), (0, 236)], "#2a6f78")
    for x, y in ((150, 196), (40, 242), (180, 236), (100, 182)):
        c.rect(x, y, x + 40, y + 3, "#7cc0c9", 1)
    c.poly([(88, 202), (176, 202), (166, 222), (100, 222)], "#ffffff")
    c.rect(88, 202, 176, 206, "#1f4a8a")
    c.rect(106, 190, 160, 203, "#f1f4f6")
    c.windows(110, 193, 158, 201, 9, "#35536e")
    c.rect(134, 176, 146, 191, "#d6333f")
    c.rect(134, 176, 146, 181, "#22252e")


@scene("train-053", "#05070f", "#0c1022")
def moon(c: Canvas) -> None:
    c.stars(90, 190)
    c.dot(204, 56, 32, "#2f7fd0")
    for x, y, rx, ry in ((194, 46, 14, 9), (214, 66, 12, 8), (198, 74, 8, 5)):
        c.oval(x, y, rx, ry, "#4aa860")
    c.oval(206, 40, 20, 3, "#eaf4fb")
    c.hill(128, 178, 200, "#b9b9bf", 90)
    for x, y, rx in ((40, 226, 24), (206, 218, 20), (150, 244, 16), (96, 200, 9)):
        c.oval(x, y, rx, rx * 0.36, "#8f8f98")
        c.oval(x, y + 2, rx * 0.85, rx * 0.26, "#a3a3ab")
    c.rect(88, 110, 128, 160, "#cfd3da", 8)
    c.rect(92, 158, 106, 202, "#f4f5f8", 5)
    c.rect(112, 158, 126, 202, "#f4f5f8", 5)
    c.rect(90, 114, 128, 168, "#f4f5f8", 10)
    c.line([(94, 124), (78, 152)], "#f4f5f8", 12)
    c.line([(124, 124), (152, 134)], "#f4f5f8", 12)
    c.rect(100, 136, 120, 152, "#9aa3b2", 3)
    c.dot(109, 96, 24, "#ffffff")
    c.oval(112, 97, 16, 14, "#c98a1b")
    c.oval(116, 92, 7, 5, "#f6d987")
    c.rect(152, 84, 156, 208, "#d9d9de")
    c.rect(156, 86, 202, 114, "#ef7f2e")
    c.rect(156, 95, 202, 105, "#ffffff")


@scene("train-058", "#3a2140", "#6a3a4f")
def piano(c: Canvas) -> None:
    c.rect(0, 206, 256, 256, "#7a4a30")
    c.poly([(56, 124), (100, 28), (226, 44), (218, 124)], "#1c1a22")
    c.poly([(68, 124), (106, 40), (214, 54), (208, 124)], "#33303c")
    c.line([(196, 126), (176, 60)], "#c9971c", 3)
    c.poly([(34, 126), (226, 120), (234, 164), (34, 168)], "#121117")
    c.poly([(58, 124), (220, 120), (224, 130), (54, 134)], "#c78d2e")
    c.rect(26, 150, 150, 176, "#1c1a22", 3)
    c.rect(32, 156, 144, 168, "#ffffff")
    for k in range(1, 14):
        c.rect(32 + 8 * k - 0.5, 156, 32 + 8 * k + 0.5, 168, "#8d8d99")
        if k % 7 not in (3, 0):
            c.rect(30 + 8 * k, 156, 34 + 8 * k, 163, "#15151a")
    for x in (44, 132, 212):
        c.rect(x - 4, 170, x + 4, 222, "#121117")
        c.dot(x, 224, 4, "#c9971c")
    c.rect(60, 206, 112, 214, "#8c2f39", 3)
    c.rect(66, 212, 71, 236, "#121117")
    c.rect(101, 212, 106, 236, "#121117")
    c.rect(36, 124, 44, 148, "#f4ecd8")
    c.oval(40, 116, 11, 14, "#7e4a49")
    c.oval(40, 116, 5, 9, "#ffd24a")
    c.note(30, 74, "#e7c27a")
    c.note(236, 96, "#e7c27a")


@scene("train-063", "#86c5ec", "#e5f4fb")
def llama(c: Canvas) -> None:
    c.peak(190, 24, 80, 190, "#4f7f57", None)
    c.peak(70, 70, 100, 190, "#66936a", None)
    c.cloud(72, 46, 0.8)
    for k in range(5):
        c.rect(0, 150 + 22 * k, 256, 172 + 22 * k, ("#74b356", "#68a54c")[k % 2])
        c.rect(0, 150 + 22 * k, 256, 157 + 22 * k, "#a79c88")
        for x in range(6 * k, 256, 24):
            c.rect(x, 150 + 22 * k, x + 1.5, 157 + 22 * k, "#857b69")
    for x in (84, 102, 142, 160):
        c.rect(x, 180, x + 10, 226, "#e9e2d3", 3)
        c.rect(x, 220, x + 10, 228, "#5a4a3a", 2)
    for x, y, r in ((96, 158, 28), (124, 154, 30), (150, 158, 28), (80, 146, 9)):
        c.dot(x, y, r, "#fbf8f0")
    c.line([(158, 150), (172, 84)], "#fbf8f0", 24)
    c.oval(180, 76, 22, 17, "#fbf8f0")
    c.oval(196, 82, 12, 9, "#e9dcc6")
    for x in (166, 178):
        c.poly([(x, 66), (x + 2, 40), (x + 10, 64)], "#fbf8f0")
    c.dot(184, 72, 3.4, "#22201c")
    c.line([(194, 86), (204, 85)], "#7a5f4a", 1.8)
    c.poly([(98, 130), (146, 128), (150, 172), (96, 174)], "#d6452f")
    for k, col in enumerate(("#f2c94c", "#2f8fb0", "#f2c94c")):
        c.rect(97, 138 + 12 * k, 149, 142 + 12 * k, col)
    c.line([(160, 112), (180, 118)], "#d6452f", 5)


@scene("train-067", "#bfe6f5", "#eaf7fb")
def brick_house(c: Canvas) -> None:
    c.rect(0, 206, 256, 256, "#4caf50")
    for x in range(14, 256, 28):
        c.oval(x, 206, 9, 4, "#66c26a")
        c.oval(x, 232, 9, 4, "#66c26a")
    colours = ("#e53935", "#fdd835", "#1e88e5", "#fb8c00", "#ffffff")
    for row in range(5):
        shift = 18 if row % 2 else 0
        for k in range(5):
            x0, x1 = max(48, 48 + 36 * k - shift), min(208, 84 + 36 * k - shift)
            if x1 > x0:
                c.rect(x0, 106 + 20 * row, x1, 125 + 20 * row, colours[(row * 2 + k) % 5], 2)
    for row in range(4):
        x0, x1, y = 36 + 20 * row, 220 - 20 * row, 86 - 20 * row
        for x in range(x0 + 10, x1 - 4, 20):
            c.rect(x - 6, y - 5, x + 6, y + 1, "#b71c1c", 1)
        c.rect(x0, y, x1, y + 20, ("#d32f2f", "#e53935")[row % 2], 2)
    c.rect(112, 152, 144, 206, "#6d4c41", 2)
    c.dot(138, 182, 3, "#fdd835")
    for x in (66, 162):
        c.rect(x, 132, x + 28, 160, "#ffffff", 2)
        c.rect(x + 4, 136, x + 24, 156, "#4fc3f7")
        c.rect(x + 13, 136, x + 15, 156, "#ffffff")


@scene("train-069", "#7fb9e6", "#f6e6cf")
def pyramid(c: Canvas) -> None:
    c.rect(0, 120, 256, 186, "#d8c49b")
    c.poly([(0, 120), (10, 98), (246, 98), (256, 120)], "#6e7a8a")
    c.windows(8, 130, 250, 176, 22, "#8b7a58")
    c.rect(0, 184, 256, 256, "#c9bca4")
    c.poly([(48, 200), (128, 70), (208, 200)], "#bfe1ee")
    c.poly([(128, 70), (208, 200), (150, 200)], "#94c4d8")
    for k in range(1, 7):
        t = k / 7
        c.line([(128 - 80 * t, 70 + 130 * t), (208 - 160 * t + 80 * t, 200 - 0 * t)], "#ffffff", 1.2)
        c.line([(128 + 80 * t, 70 + 130 * t), (48 + 80 * t, 200)], "#ffffff", 1.2)
    c.line([(48, 200), (128, 70), (208, 200), (48, 200)], "#5f7f8c", 3)
    for k in range(13):
        colour = ("#c0392b", "#2c6fa8", "#2e8b57", "#8e5ea2", "#e08e2b")[k % 5]
        c.person(246 - 18 * k, 242 - 3 * (k % 2), 1.1, colour)


@scene("train-071", "#26366e", "#5a4d92")
def basketball(c: Canvas) -> None:
    c.rect(130, 20, 246, 118, "#f7f7f9", 4)
    c.rect(160, 56, 216, 104, "#d6333f")
    c.rect(165, 61, 211, 99, "#f7f7f9")
    for k in range(7):
        c.line([(152 + 12 * k, 118), (166 + 7 * k, 184)], "#f2f2f2", 1.8)
        c.line([(224 - 12 * k, 118), (208 - 7 * k, 184)], "#f2f2f2", 1.8)
    c.rect(146, 112, 230, 120, "#ef6c2e", 3)
    c.line([(20, 236), (34, 160), (70, 104)], "#8a7fc0", 3)
    c.dot(104, 82, 40, "#5a2a10")
    c.dot(104, 82, 38, "#ee7d2c")
    c.line([(67, 90), (104, 84), (141, 74)], "#5a2a10", 3)
    c.line([(96, 45), (104, 84), (112, 119)], "#5a2a10", 3)
    c.arc(56, 70, 36, -30, 70, "#5a2a10", 3)
    c.arc(152, 94, 36, 150, 250, "#5a2a10", 3)
    c.rect(0, 236, 256, 256, "#b9793f")


@scene("train-074", "#f4e6c8", "#efd9ae")
def great_wave(c: Canvas) -> None:
    c.peak(186, 132, 42, 190, "#3d5a80")
    c.poly([(256, 180), (200, 196), (150, 186), (100, 200), (0, 190), (0, 256), (256, 256)], "#2f5d8c")
    back = [(0, 250), (0, 84), (40, 44), (92, 26), (140, 40), (164, 76), (160, 100)]
    hollow = [(138, 84), (108, 80), (86, 100), (80, 136), (94, 176), (130, 210), (150, 250)]
    c.poly(back + hollow, "#1f4e85")
    c.poly([(0, 250), (0, 120), (36, 74), (78, 56), (60, 96), (58, 140), (74, 190), (110, 250)], "#3f7fb5")
    c.poly([(0, 250), (0, 160), (26, 112), (38, 156), (52, 204), (80, 250)], "#8fbfdc")
    foam = [
        (40, 44),
        (56, 36),
        (74, 30),
        (92, 26),
        (112, 28),
        (130, 34),
        (144, 44),
        (154, 56),
        (162, 70),
        (165, 86),
    ]
    for k, (x, y) in enumerate(foam):
        c.dot(x, y, 8 + 2 * (k % 3), "#ffffff")
    for x, y in (
        (160, 102),
        (150, 96),
        (168, 110),
        (140, 90),
        (126, 86),
        (112, 84),
        (154, 114),
        (172, 98),
        (100, 92),
    ):
        c.dot(x, y, 6, "#ffffff")
    for x, y in ((184, 60), (192, 90), (178, 124), (198, 74), (150, 22), (174, 40), (160, 134)):
        c.dot(x, y, 2.6, "#ffffff")
    c.poly([(150, 218), (186, 230), (242, 212), (226, 236), (176, 240)], "#c99a5b")
    for x, y in ((30, 240), (96, 232), (150, 244), (210, 248)):
        c.dot(x, y, 9, "#ffffff")


@scene("train-075", "#ff9e6d", "#ffe3c2")
def opera_house(c: Canvas) -> None:
    c.dot(206, 70, 24, "#fff3c9")
    c.line([(0, 130), (60, 108), (128, 100), (196, 108), (256, 130)], "#8d8398", 4)
    for x in range(10, 256, 14):
        c.line([(x, 128), (x, 118)], "#8d8398", 1.5)
    c.rect(0, 128, 256, 134, "#8d8398")
    for x, w, h in ((46, 52, 76), (92, 60, 98), (138, 52, 72), (182, 40, 52)):
        curve = [(x + w * t, 182 - h * math.sin(t * 1.5)) for t in (0, 0.2, 0.4, 0.6, 0.8, 1)]
        c.poly([*curve, (x + w * 0.94, 182 - h * 0.5), (x + w * 0.6, 182)], "#ffffff")
        c.poly(
            [(x + w, 182 - h), (x + w * 0.9, 182 - h * 0.45), (x + w * 0.6, 182), (x + w * 1.02, 182)],
            "#d9cfc4",
        )
    c.rect(26, 178, 230, 196, "#c79a74", 2)
    c.rect(26, 190, 230, 198, "#a87a58")
    c.rect(0, 196, 256, 256, "#2c6d9c")
    for x, y in ((30, 208), (100, 220), (180, 210), (60, 240), (150, 242)):
        c.rect(x, y, x + 50, y + 3, "#f2b48f", 1)


@scene("train-081", "#4fb3e8", "#d6f1fb")
def beach(c: Canvas) -> None:
    c.dot(50, 44, 22, "#ffe27a")
    c.oval(172, 150, 40, 84, "#4f7d5a")
    c.oval(226, 160, 46, 44, "#5d8f63")
    c.rect(0, 140, 256, 186, "#2a93c4")
    for x, y in ((10, 150), (90, 158), (180, 152), (130, 170), (30, 172)):
        c.rect(x, y, x + 40, y + 3, "#9ad8ee", 1)
    c.poly([(0, 180), (70, 188), (150, 178), (256, 186), (256, 256), (0, 256)], "#f4dca4")
    c.line([(0, 180), (70, 188), (150, 178), (256, 186)], "#ffffff", 5)
    c.palm(22, 236, 110)
    c.palm(222, 246, 86)
    c.line([(128, 236), (112, 152)], "#8a6a4a", 4)
    for k in range(6):
        c.pie(112, 172, 50, 180 + 30 * k, 210 + 30 * k, ("#e53935", "#ffffff")[k % 2])
    c.poly([(128, 240), (186, 226), (204, 238), (146, 252)], "#1e88e5")
    c.dot(76, 232, 13, "#ffffff")
    for k in (0, 2, 4):
        c.pie(76, 232, 13, 60 * k, 60 * k + 60, ("#fb8c00", "#1e88e5", "#43a047")[k // 2])


@scene("train-095", "#2f4a7d", "#f4b88a", tall=False)
@scene("test-014", "#58a8df", "#fbe7c6", tall=True)
def skyline(c: Canvas, tall: bool) -> None:
    rng = random.Random(14 if tall else 95)
    for x in range(0, 256, 32):
        top = rng.randint(140, 176) if tall else rng.randint(58, 140)
        c.rect(
            x,
            top,
            x + 28,
            210,
            rng.choice(("#4a5f80", "#5d7396", "#6f86a8") if not tall else ("#8aa5ba", "#9db5c7")),
        )
        c.windows(x + 5, top + 8, x + 25, 204, 9, "#ffe6a6" if not tall else "#dcebf3")
    if tall:
        for k, (w, top) in enumerate(((30, 150), (22, 108), (15, 70), (8, 36), (2, 6))):
            c.rect(128 - w, top, 128 + w, 212, ("#6b8497", "#7b95a8", "#8ba6b8", "#9cb6c7", "#b4cad7")[k])
        for y in range(60, 208, 9):
            c.rect(114, y, 142, y + 2.5, "#dcebf3")
        c.rect(0, 208, 256, 256, "#ecd3a0")
        for x, h in ((28, 46), (66, 36), (180, 40), (218, 50)):
            c.palm(x, 236, h)
    else:
        c.poly([(88, 210), (88, 60), (106, 40), (124, 60), (124, 210)], "#344a6b")
        c.windows(93, 68, 121, 204, 9, "#ffe6a6")
        c.dot(190, 48, 31, "#b9861a")
        c.dot(190, 48, 28, "#f6cf58")
        c.arc(194, 48, 14, 50, 310, "#8a5f10", 4.5)
        for y in (44, 52):
            c.line([(172, y), (192, y)], "#8a5f10", 3.5)
        c.rect(0, 208, 256, 256, "#33527d")
        for x, y in ((20, 220), (96, 230), (170, 220), (60, 244), (190, 242)):
            c.rect(x, y, x + 44, y + 3, "#f0b98f", 1)


@scene("dev-005", "#7c2d3b", "#682432")
def golden_picture(c: Canvas) -> None:
    c.rect(42, 18, 214, 238, "#8a6414", 3)
    c.rect(46, 22, 210, 234, "#d9ab36", 2)
    c.rect(60, 36, 196, 220, "#8a6414")
    c.rect(64, 40, 192, 216, "#f1cf66")
    rng = random.Random(5)
    for row in range(11):
        for col in range(8):
            x, y = 72 + 16 * col, 48 + 16 * row
            fill = rng.choice(("#c8901e", "#fff0b8", "#3f7f5f", "#b5473c", "#2b2620", "#e4b23c"))
            if (row + col) % 2:
                c.rect(x - 6, y - 6, x + 6, y + 6, fill, 1)
            else:
                c.dot(x, y, 7, fill)
                c.dot(x, y, 3.5, "#fbe9a8")
    c.rect(104, 244, 152, 252, "#d9ab36", 2)


@scene("dev-006", "#a9c8e8", "#f4f8fc", dark=False)
@scene("test-009", "#15172e", "#3b2f5c", dark=True)
def castle(c: Canvas, dark: bool) -> None:
    wall, roof, light = ("#2a2740", "#17152a", "#f6c84a") if dark else ("#f7f4ec", "#3f6fae", "#55647a")
    if dark:
        c.dot(58, 52, 26, "#f4efc8")
        c.line([(206, 0), (188, 40), (204, 44), (182, 92)], "#f8f3a0", 5)
        for x, y in ((84, 60), (216, 20), (150, 26)):
            c.cloud(x, y, 0.8, "#4d4470")
    else:
        c.peak(44, 60, 90, 210, "#9fb3c9")
        c.peak(220, 76, 90, 210, "#b2c4d6")
    c.hill(128, 180, 150, "#1b1a2c" if dark else "#ffffff", 90)
    for x, w, top in ((92, 26, 120), (118, 56, 136), (174, 22, 112), (140, 18, 84), (70, 20, 146)):
        c.rect(x, top, x + w, 204, wall)
        if w > 40:
            c.poly([(x - 2, top), (x + w / 2, top - 28), (x + w + 2, top)], roof)
        else:
            c.poly([(x - 4, top), (x + w / 2, top - w * 1.7), (x + w + 4, top)], roof)
        c.windows(x + w / 2 - 4, top + 12, x + w / 2 + 8, top + 44, 16, light)
    c.rect(136, 178, 156, 206, "#5a4a3a" if not dark else "#0e0d18")
    c.pie(146, 179, 10, 180, 360, "#5a4a3a" if not dark else "#0e0d18")
    for x, y in ((24, 236), (46, 222), (216, 224), (238, 240), (190, 240), (70, 246)):
        c.poly([(x - 12, y), (x, y - 34), (x + 12, y)], "#0f1020" if dark else "#3d6b54")
        if not dark:
            c.poly([(x - 5, y - 20), (x, y - 34), (x + 5, y - 20)], "#ffffff")
    if not dark:
        rng = random.Random(6)
        for _ in range(60):
            c.dot(rng.uniform(0, 256), rng.uniform(0, 250), 1.8, "#ffffff")


@scene("dev-008", "#04060f", "#0b1330")
def shuttle(c: Canvas) -> None:
    c.stars(80, 200)
    c.dot(128, 420, 240, "#2f7fd0")
    c.arc(128, 420, 242, 200, 340, "#a8dcf7", 5)
    for x, y, s in ((60, 222, 0.8), (150, 212, 0.9), (214, 238, 0.8)):
        c.cloud(x, y, s, "#eaf4fb")
    c.poly([(62, 162), (128, 108), (194, 162), (194, 172), (62, 172)], "#e3e6ec")
    c.poly([(62, 166), (194, 166), (194, 174), (62, 174)], "#23262e")
    c.rect(108, 66, 148, 174, "#f7f8fa", 18)
    c.oval(128, 70, 20, 34, "#f7f8fa")
    c.oval(128, 44, 10, 9, "#23262e")
    c.poly([(114, 66), (142, 66), (138, 56), (118, 56)], "#23262e")
    c.rect(114, 82, 142, 144, "#c9ced8", 3)
    c.rect(127, 82, 129, 144, "#8d95a5")
    c.poly([(124, 140), (132, 140), (135, 182), (121, 182)], "#9aa3b2")
    for x in (114, 128, 142):
        c.rect(x - 6, 172, x + 6, 182, "#4a4f5c", 2)


@scene("dev-011", "#1d2a57", "#5a6ea8")
def round_door(c: Canvas) -> None:
    c.stars(50, 90)
    c.dot(214, 40, 16, "#fdf3cf")
    c.hill(128, 66, 168, "#4f9a4c", 150)
    c.hill(20, 160, 90, "#3f8540", 80)
    c.dot(128, 160, 58, "#9a6a3c")
    c.dot(128, 160, 50, "#2f7d46")
    for x in (96, 112, 128, 144, 160):
        h = math.sqrt(50**2 - (x - 128) ** 2)
        c.line([(x, 160 - h + 1), (x, 160 + h - 1)], "#26683a", 1.6)
    c.dot(128, 160, 6, "#f2c94c")
    for x in (42, 214):
        c.dot(x, 162, 17, "#9a6a3c")
        c.dot(x, 162, 13, "#ffe08a")
        c.line([(x - 13, 162), (x + 13, 162)], "#9a6a3c", 2.5)
        c.line([(x, 149), (x, 175)], "#9a6a3c", 2.5)
    c.poly([(104, 212), (152, 212), (184, 256), (72, 256)], "#d9c08c")
    rng = random.Random(11)
    for _ in range(40):
        px, py = rng.choice((rng.uniform(0, 76), rng.uniform(180, 256))), rng.uniform(206, 252)
        c.dot(px, py, 3, rng.choice(("#f28fab", "#f2c94c", "#ffffff")))
    c.rect(170, 60, 184, 86, "#8a6a55")


@scene("dev-013", "#f7d36a", "#f2b24c")
def cassette_player(c: Canvas) -> None:
    c.rect(84, 84, 190, 236, "#1d3f86", 10)
    c.rect(84, 84, 190, 112, "#c9ced8", 8)
    c.rect(98, 122, 176, 196, "#0f234d", 6)
    c.rect(104, 132, 170, 178, "#f4efe2", 4)
    c.rect(104, 140, 170, 150, "#e5533c")
    for x in (122, 152):
        c.dot(x, 163, 8, "#3a3a44")
        c.dot(x, 163, 3.5, "#f4efe2")
    for k, col in enumerate(("#e5533c", "#f4efe2", "#f4efe2", "#f4efe2")):
        c.rect(96 + 22 * k, 92, 112 + 22 * k, 104, col, 2)
    c.rect(98, 208, 140, 222, "#c9ced8", 3)
    c.arc(92, 78, 58, 170, 350, "#3a3a44", 5)
    c.line([(42, 116), (58, 180), (78, 228), (104, 236)], "#3a3a44", 3)
    for x in (36, 148):
        c.dot(x, 92, 19, "#ee7d2c")
        c.dot(x, 92, 10, "#c9581a")
    c.note(206, 66, "#8a4a1c")
    c.note(224, 116, "#8a4a1c")


@scene("dev-018", "#d9532f", "#ffd98a")
def temple(c: Canvas) -> None:
    c.dot(128, 128, 48, "#fff0b0")

    def outline(flip: int, fill: str) -> None:
        def at(y: float) -> float:
            return 178 + flip * (178 - y)

        for x, w, top in ((128, 20, 66), (84, 16, 96), (172, 16, 96), (44, 13, 118), (212, 13, 118)):
            bulge = [(w * 0.2, 0.06), (w * 0.55, 0.25), (w * 0.85, 0.5), (w, 0.75), (w, 1)]
            half = [(dx, top + (160 - top) * t) for dx, t in bulge]
            left = [(x - dx, at(y)) for dx, y in reversed(half)]
            c.poly([*left, (x, at(top - 6)), *((x + dx, at(y)) for dx, y in half)], fill)
        low, high = sorted((at(150), at(178)))
        c.rect(16, low, 240, high, fill)

    c.rect(0, 178, 256, 256, "#b5563a")
    outline(1, "#8a3d30")
    outline(-1, "#2e1a26")
    c.rect(0, 174, 256, 181, "#1f1119")
    for x, y in ((20, 200), (120, 214), (190, 196), (60, 236), (160, 240)):
        c.rect(x, y, x + 46, y + 2.5, "#f0a76a", 1)
    for x in (50, 92, 170, 214):
        c.oval(x, 246, 13, 4, "#3f6b3f")
        c.dot(x, 242, 4, "#f28fab")


@scene("test-001", "#6ec1e8", "#d9f3fb")
def tortoise(c: Canvas) -> None:
    c.rect(0, 120, 256, 176, "#2a93c4")
    c.hill(214, 84, 70, "#6b8f5e", 60)
    c.rect(0, 150, 256, 158, "#8fd3ea")
    c.rect(0, 156, 256, 256, "#f0d9a0")
    c.palm(30, 164, 96)
    for x in (86, 164):
        c.rect(x - 14, 186, x + 16, 232, "#7d8458", 9)
    c.line([(180, 184), (212, 150)], "#8a9162", 24)
    c.oval(218, 144, 20, 15, "#8a9162")
    c.dot(225, 140, 3.2, "#1b1b14")
    c.line([(222, 152), (236, 150)], "#5a5f3a", 2)
    c.pie(122, 196, 76, 180, 360, "#5c4a2c")
    c.rect(46, 190, 198, 204, "#7a6238", 7)
    for x, y, r in (
        (122, 146, 17),
        (86, 160, 14),
        (158, 160, 14),
        (66, 182, 9),
        (122, 182, 12),
        (178, 182, 9),
    ):
        c.poly([(x + r * math.cos(k * 1.047), y + r * math.sin(k * 1.047)) for k in range(6)], "#8a7142")


@scene("test-004", "#1f2a44", "#2f4a6b")
def headphones(c: Canvas) -> None:
    c.arc(128, 132, 84, 180, 360, "#f4f4f6", 15)
    c.arc(128, 132, 84, 205, 335, "#55c48a", 6)
    for s in (-1, 1):
        c.rect(128 + 76 * s - 10, 122, 128 + 76 * s + 10, 160, "#f4f4f6", 6)
        c.oval(128 + 72 * s, 168, 26, 38, "#15192a")
        c.oval(128 + 80 * s, 168, 20, 34, "#55c48a")
        c.oval(128 + 84 * s, 168, 10, 20, "#3a9c69")
    for k, h in enumerate((18, 40, 62, 34, 54, 26, 14)):
        c.rect(92 + 11 * k, 168 - h / 2, 98 + 11 * k, 168 + h / 2, "#8fd0f5", 3)
    c.note(44, 66, "#f2c94c")
    c.note(206, 60, "#f28fab")
    c.note(122, 100, "#ffffff")


@scene("test-012", "#05070f", "#0e1734")
def space_station(c: Canvas) -> None:
    c.stars(80, 210)
    c.dot(40, 330, 130, "#2f7fd0")
    c.cloud(40, 230, 0.8, "#eaf4fb")
    for x in (18, 62, 168, 212):
        c.rect(x, 34, x + 34, 92, "#c78d2e", 2)
        c.rect(x, 112, x + 34, 170, "#c78d2e", 2)
        for y in (40, 118):
            c.windows(x + 4, y, x + 34, y + 52, 11, "#31508f")
    c.rect(16, 98, 248, 106, "#aeb5c2")
    c.rect(106, 60, 150, 146, "#e9ecf1", 10)
    c.rect(100, 92, 156, 112, "#cfd4dd", 5)
    c.dot(128, 78, 8, "#5fb1e8")
    c.dot(128, 128, 8, "#5fb1e8")
    c.poly([(172, 184), (222, 196), (210, 232), (176, 224)], "#ffffff")
    c.line([(218, 202), (234, 210), (226, 222), (212, 220)], "#ffffff", 5)
    c.poly([(174, 184), (220, 195), (218, 202), (176, 192)], "#6a3d1b")
    for x, y, r in ((186, 170, 7), (204, 176, 5), (196, 156, 4)):
        c.dot(x, y, r, "#6a3d1b")


@scene("test-021", "#f6efe0", "#ecdfc6")
def four_trees(c: Canvas) -> None:
    leaves = (("#f6b1c8", "#f28fab"), ("#5fae4f", "#3f8f3d"), ("#ee8f2f", "#d9532f"), ("#ffffff", "#dfe9f2"))
    for k, (light, shade) in enumerate(leaves):
        x = 32 + 64 * k
        c.rect(x - 32, 116, x + 32, 142, ("#a9d58a", "#7cc05f", "#cfa35a", "#f4f8fb")[k])
        c.rect(x - 4, 84, x + 4, 128, "#7a5230", 2)
        for dx, dy, r in ((-12, 70, 16), (12, 70, 16), (0, 54, 19)):
            c.dot(x + dx, dy, r, shade)
            c.dot(x + dx - 2, dy - 3, r - 4, light)
    c.line([(78, 222), (228, 152)], "#3a2415", 10)
    c.line([(190, 170), (228, 152)], "#1c120a", 12)
    c.dot(234, 149, 8, "#3a2415")
    for x, y, r in ((84, 214, 36), (146, 188, 30)):
        c.dot(x, y, r, "#6a2f14")
        c.dot(x, y, r - 3, "#b5612a")
    c.oval(116, 200, 22, 22, "#b5612a")
    for x, y in ((112, 178), (128, 222)):
        c.dot(x, y, 9, "#ecdfc6")
    c.line([(90, 216), (196, 168)], "#1c120a", 9)
    c.line([(76, 204), (88, 228)], "#3a2415", 5)
    for d in (-2.4, 0, 2.4):
        c.line([(72, 224 + d), (226, 152 + d)], "#f4e9d0", 0.8)
    c.line([(120, 178), (114, 190)], "#1c120a", 2)
    c.line([(40, 168), (226, 240)], "#5a3318", 3)
    c.line([(40, 174), (226, 246)], "#f4e9d0", 1.5)


def main(out_dir: Path) -> None:
    """Draw every picture into a folder.

    out_dir (Path): The folder, made when missing.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    for name, draw in SCENES.items():
        image = draw().image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        image = image.quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        image.save(out_dir / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "images")
