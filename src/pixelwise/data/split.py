"""Which images are trained on, and which are held out."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TypeGuard

import numpy as np

from pixelwise.data.dataset import Decision
from pixelwise.data.pairs import Pair
from pixelwise.data.sequences import beginning_to_hold_out, frames_per_sequence, sequence_of, shared_sequences
from pixelwise.data.stratify import held_out
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, SettingError, some_of

__all__ = ["decide_splits", "is_beginning", "is_held_out"]

Splits = dict[str, tuple[Pair, ...]]

_HELD_OUT = 0.2
_FEWEST_SEQUENCES = 3
_FARTHEST = 2  # times as many, or as few, images on either side as without regard to copies
_FEWEST_IMAGES = 2  # to train on
_SEQUENCE_SHARES = (0.05, 0.45)  # whole sequences are held out only if they come to a share within these bounds
_NUMBER = re.compile(r"[1-9]\d*([.,]\d+)?")  # from 1, such as one that is meant as a share in percent


def decide_splits(
    found: Mapping[str, Sequence[Pair]],
    validation: float | str | None,
    seed: int,
    left_out: Mapping[str, str] | None = None,
    shown: Mapping[Pair, frozenset[str]] | None = None,
    copied: Mapping[Pair, str] | None = None,
) -> tuple[Splits, list[Decision]]:
    """Settle train, val and test: as on disk, or by holding out a part of what there is to train on.

    Args:
        found: Pairs per split on disk; the key is empty where the disk knows no splits.
        validation: A share of the images between 0 and 1, or a beginning of names to hold out; None: as on disk, or a
            fifth where there is no val. `test` is left alone in any case.
        seed: Which images make up a share.
        left_out: Folders that could not be used, with what they hold; for the message if there is no train.
        shown: The classes that each mask shows, which a share is then stratified by; None where there are none.
        copied: Images that have copies, each with a text that it has in common with these; a share of single images
            has all of them on one side, unless too many are copies of one image.

    Raises:
        DataError: If fewer than two pairs remain to train on.
        SettingError: If `validation` is out of range, or no name begins with it.
    """
    splits: Splits = {split: tuple(found[split]) for split in ("train", "val", "test") if split in found}
    if "" in found:
        splits = {"train": tuple(found[""]), **splits}
    if "train" not in splits:
        others = "".join(f"; {folder} holds {what}" for folder, what in (left_out or {}).items())
        raise DataError(
            f"There is nothing to train on: only {some_of(splits)} was found, and no train{others}. A model can be "
            "measured on it with `pixelwise evaluate`."
        )
    if not is_held_out(validation, splits):
        return _enough(splits), _about_val(splits)
    unused, shown = splits.get("val", ()), shown or {}
    if is_beginning(validation):
        splits, decisions = _by_beginning(splits, validation)
    else:
        splits, decisions = _by_share(splits, validation, seed, shown, copied or {})
    validated = set(splits["val"])
    left = tuple(pair for pair in unused if pair not in validated)
    if left:
        other = "other " if len(left) < len(unused) else ""
        verb = "is" if len(left) == 1 else "are"
        what = f"The {counted(len(left), f'{other}image')} of val on disk {verb} left unused"
        decisions.append(Decision(what, "validation was given, and says which images are held out"))
    return _enough(splits), decisions


def is_held_out(validation: float | str | None, on_disk: Collection[str]) -> bool:
    """Whether val is not as on disk: a `validation` was given, or none of the splits on disk is a val."""
    return validation is not None or "val" not in on_disk


def is_beginning(validation: float | str | None) -> TypeGuard[str]:
    """Whether what was said of the validation is how names begin, and no share.

    >>> is_beginning("street7"), is_beginning("0.2"), is_beginning(0.2), is_beginning(None)
    (True, False, False, False)
    """
    return isinstance(validation, str) and not re.fullmatch(r"0?\.\d+", validation)


def _about_val(splits: Splits) -> list[Decision]:
    """That val is as on disk; and whether it is part of the videos that are trained on, if its names say so."""
    train, val = splits["train"], splits["val"]
    why = f"{counted(len(val), 'image')}; to hold out others give --validation"
    if shared := shared_sequences(train, val):
        why = f"frames of {some_of(shared)} are in both, so that its score flatters"
        if beginning := beginning_to_hold_out(train):
            why += f"; for one from a video that is not trained on give --validation {shlex.quote(beginning)}"
    return [Decision("Validation: val as on disk", why)]


def _by_beginning(splits: Splits, beginning: str) -> tuple[Splits, list[Decision]]:
    """Hold out all images of train and val whose name begins with a text."""
    train = splits["train"]
    candidates = (*train, *splits.get("val", ()))
    held_out = tuple(pair for pair in candidates if pair.name.startswith(beginning))
    if not beginning or not held_out:
        known = Counter(sequence_of(pair.name) or pair.name for pair in candidates)
        begins = some_of((f"{name} ({count})" for name, count in known.most_common()), most=6)
        raise SettingError(
            ended(
                f"{beginning!r} (validation) is neither a share between 0 and 1, such as 0.2 for a fifth, nor how the "
                f"name of an image begins; the names begin with {begins}"
            )
        )
    held = set(held_out)
    rest = tuple(pair for pair in train if pair not in held)
    images, verb = counted(len(held_out), "image"), "remains" if len(rest) == 1 else "remain"
    what = f"Validation: the {images} whose name begins with {beginning!r}; {len(rest)} {verb} to train on"
    no_share = "; a share would be a number between 0 and 1, such as 0.2" if _NUMBER.fullmatch(beginning) else ""
    return _with(splits, rest, held_out), [Decision(what, f"asked for (validation){no_share}")]


def _by_share(
    splits: Splits,
    validation: float | str | None,
    seed: int,
    shown: Mapping[Pair, frozenset[str]],
    copied: Mapping[Pair, str],
) -> tuple[Splits, list[Decision]]:
    """Hold out a share of train: whole sequences if the names tell them, otherwise single images."""
    train = splits["train"]
    share = _HELD_OUT if validation is None else _checked_share(validation)
    sequences, is_stratified = _held_out_sequences(train, share, seed, shown)
    if sequences:
        val = tuple(pair for pair in train if sequence_of(pair.name) in sequences)
        how = f"the whole {'sequence' if len(sequences) == 1 else 'sequences'} {', '.join(sequences)}"
        why = (
            "the names tell video sequences; neighbouring frames are nearly the same picture, so that single frames "
            "held out would flatter the score"
        )
    else:
        chosen, is_whole = _held_out_images(train, share, seed, shown, copied)
        val = tuple(pair for pair in train if pair in chosen)
        how = f"drawn by name with seed {seed}"
        why = "there is no val on disk" if validation is None else "asked for (validation)"
        if is_whole:
            why += "; copies of an image, byte for byte, are on the same side"
    held = set(val)
    rest = tuple(pair for pair in train if pair not in held)
    if is_stratified:
        how += ", stratified by class"
    if any(map(shown.get, train)):
        why += f"; {_on_both_sides(rest, val, shown, is_stratified=is_stratified)}"
    percent = 100 * len(val) / max(1, len(train))
    what = f"Validation: {len(val)} of {len(train)} images ({percent:.0f} %), {how}"
    return _with(splits, rest, val), [Decision(what, why)]


def _held_out_sequences(
    pairs: Sequence[Pair], share: float, seed: int, shown: Mapping[Pair, frozenset[str]]
) -> tuple[list[str], bool]:
    """Whole sequences that come near a share, none where the names tell none; and whether classes can be heeded."""
    counts = frames_per_sequence(pairs)
    is_stratified = any(map(shown.get, pairs))
    if len(counts) < _FEWEST_SEQUENCES:
        return [], is_stratified
    members: dict[str, list[Pair]] = {name: [] for name in sorted(counts, key=lambda name: _draw(name, seed))}
    for pair in pairs:
        members[sequence_of(pair.name) or ""].append(pair)
    low, high = _SEQUENCE_SHARES
    for classes in (shown, {}):  # without classes if they lead too far from the share
        val = _stratified(list(members.values()), share * len(pairs), classes)
        if low * len(pairs) <= len(val) <= max(high, share) * len(pairs):
            return sorted({sequence_of(pair.name) or "" for pair in val}), is_stratified and bool(classes)
    return [], is_stratified


def _held_out_images(
    pairs: Sequence[Pair], share: float, seed: int, shown: Mapping[Pair, frozenset[str]], copied: Mapping[Pair, str]
) -> tuple[set[Pair], bool]:
    """Single images that come to a share; and whether some are copies, which are then on one side.

    They are not where that leads too far from the share, or leaves too few to train on.
    """
    drawn = sorted(pairs, key=lambda pair: _draw(pair.name, seed))
    wanted = max(1, round(share * len(pairs)))
    groups = _with_copies(drawn, copied)
    if len(groups) < len(drawn):
        chosen = set(_stratified(groups, wanted, shown))
        left = len(drawn) - len(chosen)
        if left >= _FEWEST_IMAGES and _is_near(len(chosen), wanted) and _is_near(left, len(drawn) - wanted):
            return chosen, True
    return set(_stratified([[pair] for pair in drawn], wanted, shown)), False


def _is_near(count: int, wanted: int) -> bool:
    """Whether a number of images is not too far from the one that was wanted."""
    return wanted <= _FARTHEST * count and count <= _FARTHEST * wanted


def _with_copies(pairs: Sequence[Pair], copied: Mapping[Pair, str]) -> list[list[Pair]]:
    """Each pair with its copies, where the first of them stands."""
    groups: dict[object, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(copied.get(pair, pair), []).append(pair)
    return list(groups.values())


def _stratified(groups: Sequence[Sequence[Pair]], wanted: float, shown: Mapping[Pair, frozenset[str]]) -> list[Pair]:
    """The pairs of the groups that are held out; of equally good ones, those that come first."""
    names = sorted({name for group in groups for pair in group for name in shown.get(pair, ())})
    places = {name: i for i, name in enumerate(names)}
    showing = np.zeros((len(groups), len(names)), np.int64)
    for i, group in enumerate(groups):
        for pair in group:
            showing[i, [places[name] for name in shown.get(pair, ())]] += 1
    chosen = held_out(np.array([len(group) for group in groups]), showing, wanted)
    return [pair for group, is_held in zip(groups, chosen, strict=True) if is_held for pair in group]


def _on_both_sides(
    train: Sequence[Pair], val: Sequence[Pair], shown: Mapping[Pair, frozenset[str]], *, is_stratified: bool
) -> str:
    """Whether each class is trained on and scored."""
    learnt, scored = (frozenset[str]().union(*(shown.get(pair, ()) for pair in side)) for side in (train, val))
    lone = sorted(learnt ^ scored)
    if not lone:
        return "each class that masks show is on both sides"
    return f"{'too rare to be' if is_stratified else 'not'} on both sides: {some_of(lone, most=6)}"


def _with(splits: Splits, train: tuple[Pair, ...], val: tuple[Pair, ...]) -> Splits:
    """The splits with another train and val."""
    return {"train": train, "val": val, **{split: pairs for split, pairs in splits.items() if split == "test"}}


def _draw(name: str, seed: int) -> str:
    """A number that is the same for a name and a seed on every machine."""
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()


def _checked_share(validation: float | str) -> float:
    """A share between 0 and 1."""
    share = float(validation)
    if not 0 < share < 1:
        raise SettingError(
            f"validation is {validation}; a share between 0 and 1, or a beginning of names, is expected."
        )
    return share


def _enough(splits: Splits) -> Splits:
    """Refuse splits from which nothing can be learnt."""
    if len(splits["train"]) < _FEWEST_IMAGES:
        left = "1 image is" if splits["train"] else "No image is"
        raise DataError(
            f"{left} left to train on; at least two are needed"
            + (f" (val has {len(splits['val'])})." if splits.get("val") else ".")
        )
    return splits
