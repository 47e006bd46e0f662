"""Data whose targets are pictures: sharp photographs, pairs of before and after, two kinds of pictures."""

from __future__ import annotations

from pixelwise.data.pictures.dataset import Pictures, picture_source
from pixelwise.data.pictures.examples import PictureExample, PictureExamples
from pixelwise.data.pictures.layouts import layout_of, layout_to_score
from pixelwise.data.pictures.opening import read_pictures
from pixelwise.data.pictures.sources import BESIDE, PictureSource

__all__ = [
    "BESIDE",
    "PictureExample",
    "PictureExamples",
    "PictureSource",
    "Pictures",
    "layout_of",
    "layout_to_score",
    "picture_source",
    "read_pictures",
]
