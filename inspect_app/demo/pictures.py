"""Photos that look like photos of a site: drawn, then treated as a camera would (perspective light, noise, date stamp)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

SIZE = (1600, 1200)  # of a scene
VIEW = (1024, 768)  # of a photo
EACH = 3  # scenes of a kind
Draw = ImageDraw.ImageDraw


class Scenes:
    """A few drawn scenes of each kind, and as many different views of them as are wanted."""

    def __init__(self) -> None:
        self.drawn: dict[tuple[str, int], Image.Image] = {}

    def view(self, kind: str, random: Random) -> Image.Image:
        """What a camera sees from nearer by and from another side: a part of a scene, perhaps mirrored. `kind`: one of KINDS."""
        key = (kind, random.randrange(EACH))
        scene = self.drawn.get(key) or self.drawn.setdefault(key, _scene(*key))
        share = random.uniform(0.45, 0.8)
        width, height = int(SIZE[0] * share), int(SIZE[1] * share)
        left, top = random.randint(0, SIZE[0] - width), random.randint(0, SIZE[1] - height)
        seen = scene.resize(VIEW, Image.Resampling.BILINEAR, (left, top, left + width, top + height))
        return ImageOps.mirror(seen) if random.random() < 0.5 else seen


def jpeg(image: Image.Image, taken_at: datetime, position: tuple[float, float] | None) -> bytes:
    """As a camera writes it. `taken_at` is local time; `position` is (lat, lon)."""
    _stamp(image, taken_at)
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=82, exif=_exif(taken_at, position))
    return buffer.getvalue()


def _scene(kind: str, seed: int) -> Image.Image:
    random = Random(f"{kind}:{seed}")
    return _light(_noise(KINDS[kind](random), random), random)


def _texture(random: Random, base: tuple[int, int, int], grain: int) -> Image.Image:
    """Clouds of a material's colour: noise at several sizes."""
    image = Image.new("RGB", SIZE, base)
    for step in (8, 40, 160):
        noise = Image.effect_noise((SIZE[0] // step, SIZE[1] // step), grain).resize(
            SIZE, Image.Resampling.BICUBIC
        )
        layer = Image.merge("RGB", [noise.point(lambda value: 104 + value * 0.18)] * 3)
        image = ImageChops.overlay(image, layer)
    return image.transpose(random.choice([Image.Transpose.ROTATE_180, Image.Transpose.FLIP_LEFT_RIGHT]))


def _noise(image: Image.Image, random: Random) -> Image.Image:
    grain = Image.effect_noise(SIZE, random.uniform(12, 22))
    return Image.blend(image, ImageChops.overlay(image, Image.merge("RGB", [grain] * 3)), 0.28)


def _light(image: Image.Image, random: Random) -> Image.Image:
    """A vignette and a little warmth or coolness, as a lens and the weather give it."""
    vignette = Image.radial_gradient("L").resize(SIZE).point(lambda value: 255 - value * 0.45)
    image = ImageChops.multiply(image, Image.merge("RGB", [vignette] * 3))
    image = image.rotate(
        random.uniform(-2.5, 2.5), Image.Resampling.BICUBIC, expand=False, fillcolor=(70, 70, 68)
    )
    image = image.crop((50, 40, SIZE[0] - 50, SIZE[1] - 40)).resize(SIZE, Image.Resampling.BICUBIC)
    return (
        ImageEnhance.Brightness(image)
        .enhance(random.uniform(1.1, 1.35))
        .filter(ImageFilter.GaussianBlur(0.6))
    )


def _stamp(image: Image.Image, taken_at: datetime) -> None:
    ImageDraw.Draw(image).text(
        (VIEW[0] - 290, VIEW[1] - 46), f"{taken_at:%Y/%m/%d %H:%M}", (255, 176, 32), font=ImageFont.load_default(27), stroke_width=2,
        stroke_fill=(60, 30, 0),
    )  # fmt: skip


def _exif(taken_at: datetime, position: tuple[float, float] | None) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Demo", "Demo Camera", 1
    exif.get_ifd(0x8769)[0x9003] = f"{taken_at:%Y:%m:%d %H:%M:%S}"
    if position:
        exif.get_ifd(0x8825).update({1: "N", 2: _degrees(position[0]), 3: "E", 4: _degrees(position[1])})
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    degrees, minutes = int(value), int(value * 60) % 60
    return float(degrees), float(minutes), round((value * 3600) % 60, 2)


def _concrete(random: Random) -> Image.Image:
    """A wall with formwork joints, tie holes and a patch of honeycomb."""
    image = _texture(random, (158, 156, 150), 70)
    draw = ImageDraw.Draw(image)
    for x in range(random.randint(60, 200), SIZE[0], random.randint(380, 460)):
        draw.line((x, 0, x + random.randint(-6, 6), SIZE[1]), (118, 116, 112), 5)
    for y in range(random.randint(80, 240), SIZE[1], 420):
        draw.line((0, y, SIZE[0], y + random.randint(-5, 5)), (124, 122, 117), 4)
    for _ in range(9):
        x, y = random.randint(40, SIZE[0] - 40), random.randint(40, SIZE[1] - 40)
        draw.ellipse((x - 13, y - 13, x + 13, y + 13), (82, 80, 77), (60, 58, 56), 3)
    _honeycomb(draw, random)
    return image


def _honeycomb(draw: Draw, random: Random) -> None:
    x0, y0 = random.randint(350, 1150), random.randint(300, 850)
    for _ in range(520):
        x, y = random.gauss(x0, 130), random.gauss(y0, 80)
        r = random.uniform(3, 17)
        shade = random.randint(58, 120)
        draw.ellipse((x - r, y - r * 0.8, x + r, y + r * 0.8), (shade, shade - 3, shade - 9))


def _rebar(random: Random) -> Image.Image:
    """A mat of bars with ties over blinding concrete; some covers are missing."""
    image = _texture(random, (134, 130, 122), 60)
    draw = ImageDraw.Draw(image)
    step = random.randint(120, 170)
    for x in range(-400, SIZE[0] + 400, step):
        _bar(draw, (x, 0), (x + 210, SIZE[1]), random)
    for y in range(-40, SIZE[1] + 100, step):
        _bar(draw, (0, y), (SIZE[0], y - 60), random)
    for _ in range(7):
        x, y = random.randint(100, 1450), random.randint(100, 1080)
        draw.rectangle((x, y, x + 56, y + 44), (196, 192, 184), (120, 118, 112), 3)
    return image


def _bar(draw: Draw, start: tuple[int, int], end: tuple[int, int], random: Random) -> None:
    rust = (random.randint(96, 132), random.randint(60, 74), random.randint(40, 50))
    draw.line((start[0] + 9, start[1] + 12, end[0] + 9, end[1] + 12), (62, 56, 50), 17)
    draw.line((*start, *end), rust, 20)
    draw.line((start[0] - 4, start[1] - 4, end[0] - 4, end[1] - 4), tuple(min(255, c + 42) for c in rust), 5)


def _scaffold(random: Random) -> Image.Image:
    """A façade behind scaffolding, sky above; a guard rail is missing."""
    image = Image.linear_gradient("L").resize(SIZE).convert("RGB")
    image = ImageChops.multiply(
        Image.new("RGB", SIZE, (178, 205, 228)), ImageChops.invert(image).point(lambda v: 150 + v * 0.4)
    )
    image.paste(_texture(random, (176, 170, 158), 40).crop((0, 0, 1300, 1000)), (150, 200))
    draw = ImageDraw.Draw(image)
    missing = random.randint(2, 6)
    for n, x in enumerate(range(110, SIZE[0], 190)):
        draw.line((x, 120, x, SIZE[1]), (94, 98, 104), 12)
        draw.line((x, 1000 - (n % 2) * 400, x + 190, 600 + (n % 2) * 400), (120, 122, 126), 6)
    for n, y in enumerate(range(260, SIZE[1], 230)):
        draw.rectangle((90, y, SIZE[0] - 60, y + 16), (140, 112, 76))
        if n != missing % 4:
            draw.line((90, y - 80, SIZE[0] - 60, y - 80), (206, 150, 40), 8)
    return image


def _asphalt(random: Random) -> Image.Image:
    """A road with a joint, a marking and a crack."""
    image = _texture(random, (74, 74, 76), 110)
    draw = ImageDraw.Draw(image)
    draw.polygon(((720, 0), (790, 0), (980, SIZE[1]), (840, SIZE[1])), (214, 212, 204))
    x, points = float(random.randint(200, 500)), []
    for y in range(0, SIZE[1] + 40, 40):
        x += random.uniform(-26, 30)
        points.append((x, y))
    draw.line(points, (34, 34, 36), 9, "curve")
    draw.rectangle((1130, 420, 1340, 640), (56, 56, 58), (44, 44, 46), 5)
    return image


def _documents(random: Random) -> Image.Image:
    """Forms on a desk: ruled sheets with entries, one box left empty."""
    image = _texture(random, (128, 98, 66), 30)
    for n in range(3):
        sheet = Image.new("RGB", (760, 1000), (244, 243, 237))
        draw = ImageDraw.Draw(sheet)
        draw.rectangle((60, 40, 700, 90), (222, 222, 216))
        for y in range(130, 960, 52):
            draw.line((60, y, 700, y), (150, 150, 150), 2)
            if random.random() < 0.72:
                draw.line((80, y + 30, 80 + random.randint(120, 420), y + 26), (52, 60, 110), 5)
        for x in (60, 240, 520, 700):
            draw.line((x, 130, x, 950), (150, 150, 150), 2)
        angle = random.uniform(-14, 14)
        turned = sheet.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        mask = Image.new("L", sheet.size, 255).rotate(angle, Image.Resampling.BICUBIC, expand=True)
        image.paste(turned, (60 + n * 360, 60 + random.randint(-30, 60)), mask)
    return image


def _drain(random: Random) -> Image.Image:
    """A drainage ditch with water, formwork panels along it."""
    image = _texture(random, (122, 108, 86), 80)
    draw = ImageDraw.Draw(image)
    draw.polygon(((560, 0), (1040, 0), (1500, SIZE[1]), (100, SIZE[1])), (150, 148, 142))
    draw.polygon(((660, 0), (940, 0), (1230, SIZE[1]), (370, SIZE[1])), (78, 96, 96))
    for n in range(7):
        y = 60 + n * n * 26
        draw.line((560 - n * 68, y, 520 - n * 78, y + 90 + n * 10), (170, 126, 70), 22)
        draw.line((1040 + n * 68, y, 1080 + n * 78, y + 90 + n * 10), (170, 126, 70), 22)
    return image


KINDS: dict[str, Callable[[Random], Image.Image]] = {
    "concrete": _concrete,
    "rebar": _rebar,
    "scaffold": _scaffold,
    "asphalt": _asphalt,
    "documents": _documents,
    "drain": _drain,
}
OFTEN = (
    "scaffold",
    "concrete",
    "asphalt",
    "documents",
    "concrete",
    "scaffold",
    "asphalt",
    "rebar",
    "concrete",
    "documents",
    "drain",
)
