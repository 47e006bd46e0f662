"""What stands where on a street."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from pixelwise.data.scenes.buildings import Building, draw_building, draw_facade, draw_fence
from pixelwise.data.scenes.canvas import Canvas
from pixelwise.data.scenes.cars import Car, draw_car
from pixelwise.data.scenes.people import Person, draw_person
from pixelwise.data.scenes.plants import Tree, draw_hedge, draw_tree
from pixelwise.data.scenes.posts import SIGN_KINDS, draw_lamp, draw_sign, draw_traffic_light
from pixelwise.data.scenes.street import Side, Street
from pixelwise.data.scenes.view import NEAR, Colour, Floats, Light

__all__ = ["Thing", "furnish"]

Shadow = tuple[Floats, int]
_LEAVES: tuple[Colour, ...] = (
    (0.30, 0.44, 0.16), (0.24, 0.38, 0.16), (0.38, 0.48, 0.18), (0.20, 0.34, 0.20), (0.44, 0.50, 0.22),
)  # fmt: skip
_AUTUMN: tuple[Colour, ...] = ((0.72, 0.42, 0.12), (0.66, 0.30, 0.12), (0.70, 0.54, 0.16), (0.44, 0.44, 0.18))
_BLOSSOM: tuple[Colour, ...] = ((0.84, 0.62, 0.68), (0.40, 0.50, 0.22), (0.36, 0.50, 0.20))
_METAL: tuple[Colour, ...] = ((0.40, 0.42, 0.44), (0.16, 0.20, 0.19), (0.58, 0.60, 0.62), (0.24, 0.30, 0.28))
_FENCES: tuple[Colour, ...] = ((0.52, 0.40, 0.28), (0.66, 0.56, 0.42), (0.36, 0.28, 0.22), (0.78, 0.76, 0.72))


@dataclass(frozen=True)
class Thing:
    """Something to be painted.

    Attributes:
        depth: Its distance in metres; what is further is painted first.
        draw: Paints it.
        shadows: Outlines on the ground `(K, 3)` that it darkens, each with how much: 1 sun only, 2 all light.
    """

    depth: float
    draw: Callable[[Canvas], None]
    shadows: tuple[Shadow, ...] = ()


def furnish(street: Street, light: Light, rng: np.random.Generator, *, is_green: bool = False) -> list[Thing]:
    """Choose everything that stands on a street; listed from far to near.

    Args:
        street: Where it stands.
        light: Whether lamps are lit, and where shadows fall.
        rng: Where chance comes from.
        is_green: Whether all leaves are those of summer.
    """
    leaves = (_LEAVES, _LEAVES, _LEAVES, _AUTUMN, _BLOSSOM)[rng.integers(5)]
    leaves = _LEAVES if is_green else leaves
    metal = _METAL[rng.integers(len(_METAL))]
    things = list(_end(street, light, leaves, rng))
    for side in street.sides:
        if side.kind == "park":
            things += [*_boundary(street, side, rng), *_park(street, side, leaves, rng)]
        else:
            things += _row(street, side, light, rng)
            things += _boundary(street, side, rng) if side.kind == "houses" and rng.random() < 0.6 else ()
        things += _avenue(street, side, light, leaves, rng)
        things += _lamps_and_signs(street, side, metal, rng)
        things += _walkers(street, side, light, rng)
        things += _parked(street, side, rng)
    things += _traffic(street, rng)
    return sorted(things, key=lambda thing: -thing.depth)


def _end(street: Street, light: Light, leaves: tuple[Colour, ...], rng: np.random.Generator) -> Iterator[Thing]:
    """The row of buildings that a street ends at, higher ones behind, and trees before it."""
    for storeys, offset in (((4, 9), 60.0), ((2, 5), 0.0)):
        z, x = street.end + offset, -140.0
        while x < 140:
            width = float(rng.uniform(12, 28))
            house = Building.random(rng, storeys, night=light.night)
            if offset == 0 or rng.random() < 0.5:
                yield Thing(z, partial(_across, house=house, ends=((x, z), (x + width, z))))
            x += width
    for x in np.arange(-90, 90, 9.0):
        tree = _tree(rng, float(x) + float(rng.uniform(-2, 2)), street.end - 2, (2.0, 3.6), 1.8, leaves)
        if rng.random() < 0.45:
            yield Thing(tree.z, partial(draw_tree, tree=tree))


def _across(canvas: Canvas, *, house: Building, ends: tuple[tuple[float, float], tuple[float, float]]) -> None:
    """Draw a building that faces the eye."""
    draw_facade(canvas, house, ends, canvas.light.on_front, shop=False)


def _tree(
    rng: np.random.Generator, x: float, z: float, crown: tuple[float, float], stem: float, leaves: tuple[Colour, ...],
    kind: int = 0,
) -> Tree:  # fmt: skip
    """A tree at a place, with a crown of some width."""
    first, second = rng.uniform(2, 6, 2).tolist()
    colour = leaves[rng.integers(len(leaves))]
    return Tree(
        x=x, z=z, crown=float(rng.uniform(*crown)), stem=stem, colour=colour, kind=kind, pattern=(first, second)
    )


def _row(street: Street, side: Side, light: Light, rng: np.random.Generator) -> Iterator[Thing]:
    """A row of buildings, with a gap where a side street begins."""
    storeys, lengths = ((2, 3), (7, 12)) if side.kind == "houses" else ((3, 6), (10, 20))
    start, last = -4.0, street.end - 9
    while start < last:
        stop = min(start + float(rng.uniform(*lengths)), last)
        house = Building.random(rng, storeys, night=light.night)
        front = side.front + float(rng.choice([0, 0, 0.6]))
        alley = float(rng.uniform(1.5, 4)) if rng.random() < 0.25 else 0.0
        following = stop + alley
        if side.interrupted(start, stop + 2):
            stop, following = side.crossing[0] - 2, side.crossing[1] + 2
        if stop - start > 3:
            draw = partial(draw_building, house=house, sign=side.sign, front=front, span=(start, stop))
            yield Thing(stop, draw, _wall_shadow(side, light, (start, stop), house.height))
        start = following


def _wall_shadow(side: Side, light: Light, span: tuple[float, float], height: float) -> tuple[Shadow, ...]:
    """The shadow on the ground of a wall along the street, where the sun is behind it."""
    if side.sign != light.side:
        return ()
    near, reach = side.sign * side.front, height * light.reach * 0.6
    far, drift = near - side.sign * reach, (light.behind - 0.5) * reach * 0.6
    start, stop = max(span[0], NEAR), max(span[1], NEAR)
    outline = [[near, 0, start], [near, 0, stop], [far, 0, stop + drift], [far, 0, start + drift]]
    return ((np.asarray(outline), 1),)


def _boundary(street: Street, side: Side, rng: np.random.Generator) -> Iterator[Thing]:
    """The fence or the hedge of a park or of front gardens, along the street and along a side street."""
    lowest = 1.75 if side.kind == "park" else 1.05
    hedge, tall, style = rng.random() < 0.25, lowest + float(rng.uniform(0, 0.4)), int(rng.integers(2))
    colour = _LEAVES[rng.integers(len(_LEAVES))] if hedge else _FENCES[rng.integers(len(_FENCES))]
    pattern = int(rng.integers(2**31))
    x, step, last = side.sign * (side.front - 0.1), 4.0, street.end - 9
    starts = [float(z) for z in np.arange(NEAR, last, step) if not side.interrupted(float(z) - 1, float(z) + step)]
    pieces = [((x, z), (x, z + step)) for z in starts]
    corners = [side.crossing[1] + 2] * (side.crossing[1] > 0) + [last] * (side.kind == "park")
    reach = side.sign * step
    pieces += [((x + reach * k, z), (x + reach * (k + 1), z)) for z in corners for k in range(8)]
    for index, ((x0, z0), (x1, z1)) in enumerate(pieces):
        quad = np.asarray([[x0, 0, z0], [x1, 0, z1], [x1, tall, z1], [x0, tall, z0]])
        if hedge:
            draw: Callable[[Canvas], None] = partial(draw_hedge, quad=quad, colour=colour, pattern=pattern + index)
        else:
            draw = partial(draw_fence, quad=quad, colour=colour, style=style)
        yield Thing(z1, draw)


def _park(street: Street, side: Side, leaves: tuple[Colour, ...], rng: np.random.Generator) -> Iterator[Thing]:
    """Trees behind a fence."""
    for z in np.arange(6, street.end - 8, 6.0):
        for back in (3.5, 11.0):
            x = side.sign * (side.front + back + float(rng.uniform(-1, 4)))
            place, kind = float(z + rng.uniform(-2, 2)), int(rng.choice([0, 0, 0, 1, 2]))
            tree = _tree(rng, x, place, (2.0, 4.2), float(rng.uniform(1.2, 2.4)), leaves, kind)
            if rng.random() < 0.65 and not side.interrupted(place - 3, place + 3):
                yield Thing(place + 5, partial(draw_tree, tree=tree))


def _avenue(
    street: Street, side: Side, light: Light, leaves: tuple[Colour, ...], rng: np.random.Generator
) -> Iterator[Thing]:
    """Trees along the kerb, on some sides."""
    gap, planted = float(rng.uniform(9, 16)), rng.random() < 0.45
    crown, stem, kind = float(rng.uniform(1.4, 2.2)), float(rng.uniform(2.2, 3.0)), int(rng.choice([0, 0, 1]))
    for z in np.arange(rng.uniform(7, 14), street.end - 12, gap):
        tree = _tree(rng, side.sign * (side.kerb + 0.7), float(z), (crown * 0.85, crown * 1.15), stem, leaves, kind)
        if planted and not side.interrupted(tree.z - 1, tree.z + 2):
            yield Thing(tree.z, partial(draw_tree, tree=tree), _crown_shadow(tree, light))


def _crown_shadow(tree: Tree, light: Light) -> tuple[Shadow, ...]:
    """The round shadow of a crown."""
    turns = np.arange(28) / 28 * 2 * np.pi
    height = tree.stem + tree.half_height
    radius = tree.crown * (1.1 + 0.2 * np.sin(3 * turns + tree.pattern[0]) * np.sin(5 * turns + tree.pattern[1]))
    x = tree.x - light.side * light.reach * height * 0.8 + radius * np.cos(turns)
    z = tree.z + (light.behind - 0.5) * light.reach * height + radius * np.sin(turns)
    return ((np.stack([x, np.zeros(28), np.maximum(z, NEAR)], axis=1), 1),)


def _lamps_and_signs(street: Street, side: Side, metal: Colour, rng: np.random.Generator) -> Iterator[Thing]:
    """Street lamps at even distances, signs, and traffic lights where there is a crossing."""
    x = side.sign * (side.kerb + 0.45)
    gap, arm, lamps = float(rng.uniform(9, 16)), float(rng.choice([0.0, 1.5])), rng.random() < 0.8
    taken = np.arange(rng.uniform(6, 11), 27, gap).tolist() if lamps else []
    for z in taken:
        yield Thing(z, partial(draw_lamp, x=x, z=z, reach=-side.sign * arm, colour=metal))
    at, shows = side.crossing[0] - 1.0 if side.crossing[1] else street.zebra, int(rng.integers(3))
    if at > 0 and rng.random() < 0.8:
        yield Thing(at, partial(draw_traffic_light, x=x, z=at, shows=shows, colour=metal))
        taken.append(at)
    for z in rng.uniform(6, 17, size=4).tolist():
        kind = int(rng.integers(SIGN_KINDS))
        if min((abs(z - other) for other in taken), default=9) > 1.6 and not side.interrupted(z, z):
            yield Thing(z, partial(draw_sign, x=x, z=z, kind=kind, colour=metal))
            taken.append(z)


def _walkers(street: Street, side: Side, light: Light, rng: np.random.Generator) -> Iterator[Thing]:
    """People on the pavement, alone or in twos, and some who cross at the zebra crossing."""
    people = []
    for _ in range(rng.integers(1, 6)):
        x = side.sign * float(rng.uniform(side.kerb + 0.7, side.front - 0.4))
        z = float(rng.uniform(5, 13.5))
        people += [Person.random(rng, x - side.sign * 0.6 * k, z + 0.2 * k) for k in range(1 + int(rng.random() < 0.3))]
    if street.zebra and rng.random() < 0.7:
        x, z = side.sign * float(rng.uniform(0, side.kerb)), street.zebra + float(rng.uniform(0.8, 2.4))
        people.append(Person.random(rng, x, z))
    for person in people:
        yield Thing(person.z, partial(draw_person, person=person), _person_shadow(person, light))


def _person_shadow(person: Person, light: Light) -> tuple[Shadow, ...]:
    """What a person darkens: a long shadow, and the ground at the feet."""
    x, z = person.x, person.z
    far_x, far_z = x - light.side * light.reach * 1.4, max(z + (light.behind - 0.5) * light.reach * 2, NEAR)
    long = np.asarray([[x - 0.2, 0, z], [x + 0.2, 0, z], [far_x + 0.2, 0, far_z], [far_x - 0.2, 0, far_z]])
    under = np.asarray([[x - 0.3, 0, z - 0.2], [x + 0.3, 0, z - 0.2], [x + 0.3, 0, z + 0.3], [x - 0.3, 0, z + 0.3]])
    return (long, 1), (under, 2)


def _parked(street: Street, side: Side, rng: np.random.Generator) -> Iterator[Thing]:
    """Cars along the kerb."""
    density = rng.uniform(0.35, 0.95)
    away = side.sign == street.drives
    for z in np.arange(rng.uniform(3.5, 9), min(street.end - 12, 42), 6.2):
        car = Car.random(rng, side.sign * (side.kerb - 1.05), float(z + rng.uniform(-0.4, 0.4)), away=away)
        free = side.interrupted(car.z - 1, car.z + 6) or (street.zebra > 0 and abs(car.z - street.zebra) < 5.5)
        if side.parking and rng.random() < density and not free:
            yield Thing(car.z, partial(draw_car, car=car), ((car.shadow, 2),))


def _traffic(street: Street, rng: np.random.Generator) -> Iterator[Thing]:
    """Cars that drive: ahead in the same direction, and towards the eye in the other."""
    for lane in range(-street.lanes, street.lanes):
        away = (lane >= 0) == (street.drives > 0)
        z = float(rng.uniform(7, 30) if away else rng.uniform(5, 35))
        while z < min(street.end - 14, 42):
            car = Car.random(rng, (lane + 0.5) * street.lane + float(rng.uniform(-0.2, 0.2)), z, away=away)
            on_zebra = street.zebra > 0 and street.zebra - car.length - 0.5 < z < street.zebra + 3.7
            if rng.random() < 0.7 and not on_zebra:
                yield Thing(car.z, partial(draw_car, car=car), ((car.shadow, 2),))
            z += float(rng.uniform(9, 30))
