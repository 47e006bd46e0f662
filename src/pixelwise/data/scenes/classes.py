"""The classes of a generated street."""

from __future__ import annotations

__all__ = [
    "BUILDING", "CAR", "FENCE", "PAVEMENT", "PEDESTRIAN", "POLE", "ROAD", "SCENE_CLASSES", "SCENE_COLORS", "SIGN",
    "SKY", "TREE",
]  # fmt: skip

SCENE_CLASSES: tuple[str, ...] = (
    "sky", "building", "road", "pavement", "tree", "car", "pedestrian", "pole", "sign", "fence",
)  # fmt: skip
SCENE_COLORS: tuple[tuple[int, int, int], ...] = (
    (126, 190, 236),
    (184, 104, 84),
    (112, 92, 148),
    (236, 172, 196),
    (84, 160, 76),
    (40, 76, 196),
    (232, 48, 84),
    (72, 212, 200),
    (252, 208, 32),
    (156, 128, 56),
)
SKY, BUILDING, ROAD, PAVEMENT, TREE, CAR, PEDESTRIAN, POLE, SIGN, FENCE = range(len(SCENE_CLASSES))
