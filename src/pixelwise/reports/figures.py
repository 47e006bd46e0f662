"""Pictures of predictions beside the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pixelwise.data.classes import Classes
from pixelwise.ops.blend import blended
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.reports.examples import Example

__all__ = [
    "ERRORS",
    "VOID",
    "WRONG",
    "colorize",
    "contact_sheet",
    "error_map",
    "legend_picture",
    "shown_classes",
    "side_by_side",
    "stretched",
    "tint",
]

ERRORS = "Errors, in yellow"
VOID = (238, 238, 234)  # ignored pixels: paler than any class
WRONG = (255, 221, 51)  # far from the dark grey around it in brightness, so that thin lines are seen when made small

_PAPER = (255, 255, 255)
_IGNORED = (120, 120, 124)  # in an error map
_TEXT = (33, 37, 43)
_SOFT = (107, 114, 128)
_MARGIN = 24
_GAP = 12
_GREY_SHARE = 0.3  # of the image beneath the classes
_DARK = 90  # brightness, of the lightest hundredth of the pixels, below which an image appears black
_LUMA = np.array([0.299, 0.587, 0.114])  # Rec. 601


def colorize(mask: NDArray[np.uint8], classes: Classes) -> NDArray[np.uint8]:
    """Show class indices `(H, W)` in the classes' colours, `(H, W, 3)` uint8; 255 is nearly white."""
    palette = np.zeros((256, 3), dtype=np.uint8)
    palette[: classes.num_classes] = classes.colors
    palette[IGNORE_INDEX] = VOID
    colors: NDArray[np.uint8] = palette[mask]
    return colors


def tint(image: NDArray[np.uint8], mask: NDArray[np.uint8], classes: Classes) -> NDArray[np.uint8]:
    """Show class indices `(H, W)` in the classes' colours, with the image `(H, W, 3)` in grey beneath.

    The background of a binary task is the grey image; ignored pixels are nearly white. Of classes that overlap, `(K, H,
    W)` of 0 and 1, the colours are mixed; pixels of none of them are the grey image.
    """
    grey = (image @ _LUMA)[..., None]
    if classes.multilabel:
        colors, is_shown = blended(mask, classes.colors)
        part = np.where(is_shown, 1 - _GREY_SHARE, 0)[..., None]
        shown: NDArray[np.uint8] = np.rint(colors * part + grey * (1 - part)).astype(np.uint8)
        shown[(mask == IGNORE_INDEX).all(axis=0)] = VOID
        return shown
    share = np.full(mask.shape, _GREY_SHARE)
    share[mask == IGNORE_INDEX] = 0
    if classes.binary:
        share[mask == 0] = 1
    mixed: NDArray[np.float64] = colorize(mask, classes) * (1 - share[..., None]) + grey * share[..., None]
    return mixed.round().astype(np.uint8)


def stretched(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Spread the brightness of a dark image `(H, W, 3)` over the whole range; None for an image that is not dark."""
    low, high = np.percentile(image @ _LUMA, (1, 99))
    if high >= _DARK or high <= low:
        return None
    spread: NDArray[np.uint8] = ((image - low) * (235 / (high - low))).clip(0, 255).round().astype(np.uint8)
    return spread


def error_map(image: NDArray[np.uint8], truth: NDArray[np.uint8], prediction: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show where a prediction is wrong: yellow, over a dark grey copy of the image; ignored pixels are middle grey.

    Args:
        image: `(H, W, 3)` uint8, RGB.
        truth: `(H, W)` class indices, 255 = ignored; or `(K, H, W)` of 0 and 1, of which any may be wrong.
        prediction: The same.

    Returns:
        `(H, W, 3)` uint8, RGB.
    """
    shown: NDArray[np.uint8] = (
        (20 + (image @ _LUMA) * (110 / 255)).round().astype(np.uint8)[..., None].repeat(3, axis=2)
    )
    is_ignored = truth == IGNORE_INDEX
    is_wrong = (truth != prediction) & ~is_ignored
    if truth.ndim == 3:
        is_ignored, is_wrong = is_ignored.all(axis=0), is_wrong.any(axis=0)
    shown[is_ignored] = _IGNORED
    shown[is_wrong] = WRONG
    return shown


def legend_picture(classes: Classes) -> NDArray[np.uint8]:
    """Draw all classes with their colours, one below the other, in several columns where there are many.

    Returns:
        `(H, W, 3)` uint8, RGB.
    """
    font = ImageFont.load_default(size=18)
    line = 32
    rows = min(classes.num_classes, max(24, math.ceil(math.sqrt(classes.num_classes) * 2)))
    column = round(max(font.getlength(name) for name in classes.names)) + 62
    columns = math.ceil(classes.num_classes / rows)
    picture = Image.new("RGB", (columns * column + 2 * _MARGIN, rows * line + 2 * _MARGIN), _PAPER)
    entries = list(zip(classes.names, classes.colors, strict=True))
    lines = [[(i * column, *entry) for i, entry in enumerate(entries[row::rows])] for row in range(rows)]
    _draw_legend(ImageDraw.Draw(picture), lines, font, top=_MARGIN, line=line)
    return np.asarray(picture)


def shown_classes(examples: Sequence[Example], classes: Classes) -> list[int]:
    """Indices of the classes that occur in the truth or the prediction of the examples, in order."""
    present = np.zeros(256, dtype=bool)
    for example in examples:
        for mask in (example.truth, example.prediction):
            if mask is not None:
                present[np.flatnonzero((mask == 1).any(axis=(1, 2))) if mask.ndim == 3 else np.unique(mask)] = True
    return [i for i in range(classes.num_classes) if present[i]]


def side_by_side(example: Example, classes: Classes, *, width: int = 1600) -> NDArray[np.uint8]:
    """Draw image, truth, prediction and errors, those that there are, in a row with a legend of the classes.

    Args:
        example: What to draw.
        classes: Names and colours.
        width: Width of the picture in pixels.

    Returns:
        `(H, width, 3)` uint8, RGB.
    """
    return contact_sheet([example], classes, width=width)


def contact_sheet(examples: Sequence[Example], classes: Classes, *, width: int = 1600) -> NDArray[np.uint8]:
    """Draw one row per example (image, truth, prediction, errors, those that there are), and one legend below.

    Args:
        examples: At least one.
        classes: Names and colours.
        width: Width of the picture in pixels.

    Returns:
        `(H, width, 3)` uint8, RGB.
    """
    rows = [_panels(example, classes) for example in examples]
    titles = [title for title in ("Image", "Truth", "Prediction", ERRORS) if any(title in row for row in rows)]
    text = max(13, width // 90)
    font = ImageFont.load_default(size=text)
    small = ImageFont.load_default(size=round(text * 0.88))
    panel = (width - 2 * _MARGIN - (len(titles) - 1) * _GAP) // len(titles)
    heights = [max(1, round(panel * e.image.shape[0] / e.image.shape[1])) for e in examples]
    legend = _legend_lines(examples, classes, small, width - 2 * _MARGIN)
    line = round(text * 1.9)
    total = _MARGIN + line + sum(height + line for height in heights) + len(legend) * line + _MARGIN

    sheet = Image.new("RGB", (width, total), _PAPER)
    draw = ImageDraw.Draw(sheet)
    lefts = {title: _MARGIN + i * (panel + _GAP) for i, title in enumerate(titles)}
    for title, left in lefts.items():
        draw.text((left, _MARGIN), title, fill=_TEXT, font=font)
    top = _MARGIN + line
    for example, row, height in zip(examples, rows, heights, strict=True):
        for title, picture in row.items():
            sheet.paste(picture.resize((panel, height), _filter(picture, panel)), (lefts[title], top))
        draw.text((_MARGIN, top + height + 6), _caption(example), fill=_SOFT, font=small)
        top += height + line
    _draw_legend(draw, legend, small, top=top, line=line)
    return np.asarray(sheet)


def _panels(example: Example, classes: Classes) -> dict[str, Image.Image]:
    """The pictures of one row by their titles."""
    pictures = {"Image": example.image}
    if example.truth is not None:
        pictures["Truth"] = tint(example.image, example.truth, classes)
    if example.prediction is not None:
        pictures["Prediction"] = tint(example.image, example.prediction, classes)
    if example.truth is not None and example.prediction is not None:
        pictures[ERRORS] = error_map(example.image, example.truth, example.prediction)
    return {title: Image.fromarray(np.ascontiguousarray(picture)) for title, picture in pictures.items()}


def _filter(picture: Image.Image, width: int) -> Image.Resampling:
    return Image.Resampling.LANCZOS if picture.width > width else Image.Resampling.NEAREST


def _caption(example: Example) -> str:
    parts = [example.name]
    if not math.isnan(example.miou):
        parts.append(f"mIoU {example.miou:.3f}")
    return "   ".join(parts)


Entry = tuple[int, str, tuple[int, int, int]]  # left edge in pixels, name, colour


def _legend_lines(
    examples: Sequence[Example], classes: Classes, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int
) -> list[list[Entry]]:
    """Place the classes that are shown on as many lines as they need."""
    entries = [(classes.names[i], classes.colors[i]) for i in shown_classes(examples, classes)]
    if any(example.truth is not None and (example.truth == IGNORE_INDEX).any() for example in examples):
        entries.append(("ignored", VOID))
    lines: list[list[Entry]] = [[]]
    left = 0.0
    for name, color in entries:
        needed = font.getlength(name) + 46
        if left + needed > width and lines[-1]:
            lines.append([])
            left = 0.0
        lines[-1].append((round(left), name, color))
        left += needed
    return lines


def _draw_legend(
    draw: ImageDraw.ImageDraw,
    lines: Sequence[Sequence[Entry]],
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    *,
    top: int,
    line: int,
) -> None:
    size = round(line * 0.5)
    for number, entries in enumerate(lines):
        y = top + number * line + (line - size) // 2
        for left, name, color in entries:
            x = _MARGIN + left
            draw.rounded_rectangle((x, y, x + size, y + size), radius=3, fill=color, outline=(190, 194, 200))
            draw.text((x + size + 7, y + size / 2), name, fill=_TEXT, font=font, anchor="lm")
