"""The lie of a street: how wide its parts are, and what stands along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pixelwise.data.scenes.view import Camera

__all__ = ["Kind", "Side", "Street", "random_camera", "random_street"]

Kind = Literal["houses", "blocks", "park"]


@dataclass(frozen=True)
class Side:
    """One side of a street.

    Attributes:
        sign: -1 at the left, 1 at the right.
        kerb: Distance of the kerb from the road's middle in metres.
        parking: Width of its strip of parked cars in metres; 0 without one.
        pavement: Width of the pavement in metres.
        kind: What stands behind the pavement.
        crossing: Where a side street begins and ends, in metres ahead; an empty span without one.
    """

    sign: int
    kerb: float
    parking: float
    pavement: float
    kind: Kind
    crossing: tuple[float, float]

    @property
    def front(self) -> float:
        """Distance from the road's middle to where buildings begin, in metres."""
        return self.kerb + self.pavement

    def interrupted(self, start: float, stop: float) -> bool:
        """Whether a side street lies between two distances in metres ahead."""
        return self.crossing[0] < self.crossing[1] and start < self.crossing[1] and stop > self.crossing[0]


@dataclass(frozen=True)
class Street:
    """A street.

    Attributes:
        left: Its left side.
        right: Its right side.
        lane: Width of a lane in metres.
        lanes: Number of lanes in each direction.
        drives: Side that cars keep to: -1 or 1.
        zebra: Distance of a zebra crossing in metres ahead; 0 without one.
        end: Where the street ends at a row of buildings, in metres ahead.
    """

    left: Side
    right: Side
    lane: float
    lanes: int
    drives: int
    zebra: float
    end: float

    @property
    def sides(self) -> tuple[Side, Side]:
        """Left and right."""
        return self.left, self.right


def random_street(rng: np.random.Generator) -> Street:
    """Choose a street."""
    lane = float(rng.uniform(2.9, 3.5))
    lanes = int(rng.choice([1, 2], p=[0.8, 0.2]))
    built: Kind = "houses" if rng.random() < 0.5 else "blocks"
    kinds: list[Kind] = [built if rng.random() > 0.35 else "park" for _ in range(2)]
    crossing = float(rng.uniform(9, 26))
    open_sides = rng.random(2) < 0.33
    left, right = (
        Side(
            sign=sign,
            kerb=lane * lanes + (parking := 2.2 * float(rng.random() < 0.65)),
            parking=parking,
            pavement=float(rng.uniform(2.2, 4.2)),
            kind=kind,
            crossing=(crossing, crossing + 8) if is_open else (0.0, 0.0),
        )
        for sign, kind, is_open in zip((-1, 1), kinds, open_sides, strict=True)
    )
    return Street(
        left=left,
        right=right,
        lane=lane,
        lanes=lanes,
        drives=int(rng.choice([-1, 1])),
        zebra=(crossing - 4.5 if any(open_sides) else float(rng.uniform(8, 18))) * float(rng.random() < 0.45),
        end=float(rng.uniform(55, 130)),
    )


def random_camera(rng: np.random.Generator, street: Street, height: int, width: int) -> Camera:
    """Choose a driver's eye: in some lane of the right direction, not always looking straight ahead."""
    lane = street.drives * street.lane * (rng.integers(street.lanes) + 0.5)
    bend = float(rng.choice([0, rng.uniform(-1 / 110, 1 / 110)], p=[0.4, 0.6]))
    return Camera(
        height=height,
        width=width,
        focal=float(rng.uniform(0.95, 1.25)),
        horizon=float(rng.uniform(0.40, 0.64)),
        vanishing=float(rng.uniform(-0.24, 0.24)),
        eye=float(rng.uniform(1.25, 1.7)),
        x=float(lane + rng.uniform(-0.5, 0.5)),
        bend=bend,
    )
