"""Opening a folder of pictures for a task: what is in it, and what was decided."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pixelwise.data.dataset import WHOLE, Decision
from pixelwise.data.pairs import Pair, shown
from pixelwise.data.pictures.dataset import Pictures, picture_source
from pixelwise.data.pictures.fitting import refuse_unequal
from pixelwise.data.pictures.kinds import Found, find_domains, is_kind_of_split
from pixelwise.data.pictures.layouts import find_alone, find_halves, find_pairs, one_sided_test
from pixelwise.data.pictures.sides import side_names
from pixelwise.data.pictures.sources import PictureHalves
from pixelwise.data.pictures.survey import PicturesWanted
from pixelwise.data.repeated import copied_files
from pixelwise.data.split import decide_splits
from pixelwise.errors import DataError
from pixelwise.ops.threads import in_threads

__all__ = ["find_pictures", "read_known_pictures", "read_pictures", "settle_pictures", "size_of_target"]

_Size = tuple[int, int]


def read_pictures(
    path: str | Path,
    layout: str,
    *,
    scale: int = 1,
    image_is_left: bool = True,
    validation: float | str | None = None,
    seed: int = 0,
    is_scored: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Pictures:
    """Read a folder of pictures: the head of every file, so that bad ones are refused here.

    Args:
        path: The folder.
        layout: How the pictures lie: `alone`, `pairs`, `halves` or `domains`.
        scale: How many times larger than its image a target is; for `pairs`.
        image_is_left: Whether the left half goes in, or the first of two folders, or kind A; otherwise the other one.
        validation: What is held out of train: a share between 0 and 1, or how the names begin. By default the val on
            disk, or a fifth of train.
        seed: Which pictures make up that share.
        is_scored: Whether nothing is trained on: splits are then as on disk, or `all`.
        progress: Called with how many files have been read and how many there are.

    Raises:
        DataError: If the folder or a file cannot be used, or the sizes of a pair do not fit.
        SettingError: If `validation` is out of range.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise DataError(f"There is no folder {root}.")
    wanted = PicturesWanted("", scale, (), image_is_left, validation, seed)
    kinds, sizes = _read(root, layout, wanted, {}, progress, is_scored=is_scored)
    if is_scored:
        first, second = (_as_found(kind, WHOLE) for kind in kinds)
        return _together(root, layout, (first, second), _about_disk(root, layout, kinds[0]), sizes, scale)
    return settle_pictures(root, layout, kinds, sizes, wanted)


def read_known_pictures(root: Path, layout: str, wanted: PicturesWanted, known: Mapping[Path, _Size]) -> Pictures:
    """As `read_pictures`, for files whose heads have been read: only those of others are.

    Args:
        root: The folder.
        layout: How the pictures lie.
        wanted: What is to be learnt.
        known: (height, width) of files.

    Raises:
        DataError: As there.
        SettingError: As there.
    """
    kinds, sizes = _read(root, layout, wanted, known)
    return settle_pictures(root, layout, kinds, sizes, wanted)


def settle_pictures(
    root: Path, layout: str, kinds: tuple[Found, Found], sizes: Mapping[Pair, _Size], wanted: PicturesWanted
) -> Pictures:
    """Decide the splits of pictures that can be read and fit, and put everything together; as `read_pictures`.

    Args:
        root: The folder.
        layout: How the pictures lie.
        kinds: What `find_pictures` returns, as far as it can be used.
        sizes: (height, width) of the target of each pair, or of its picture where there is no target.
        wanted: What is to be learnt.

    Raises:
        DataError: If too few are there to train on.
        SettingError: If `wanted.validation` is out of range.
    """
    about_disk = _about_disk(root, layout, kinds[0])
    kinds, decisions = _decided(kinds, wanted.validation, wanted.seed, image_is_left=wanted.image_is_left)
    told = [*about_disk, *decisions, *_about_sides(layout, kinds[0], image_is_left=wanted.image_is_left)]
    return _together(root, layout, kinds, told, sizes, wanted.scale)


def find_pictures(
    root: Path,
    layout: str,
    *,
    image_is_left: bool = True,
    alone: list[Path] | None = None,
    known: Mapping[Path, _Size] | None = None,
    is_scored: bool = False,
) -> tuple[Found, Found]:
    """Find the pictures of a folder by their names, in the direction that is asked for.

    Args:
        root: The folder.
        layout: How the pictures lie: `alone`, `pairs`, `halves` or `domains`.
        image_is_left: Whether the left half goes in, or the first of two folders, or kind A; otherwise the other one.
        alone: Pictures without a partner are added to it, and halves are not looked at; where it is None, pictures
            that cannot be trained on are refused.
        known: (height, width) of files whose heads have been read already.
        is_scored: Whether a model is scored on them, so that nothing has to be there to train on.

    Returns:
        The pairs by split; and, for `domains`, the pictures of the other kind.

    Raises:
        DataError: If there are none.
    """
    match layout:
        case "domains":
            first, second = find_domains(root, is_scored=is_scored)
            return (first, second) if image_is_left else (second, first)
        case "halves":
            return find_halves(root, image_is_left=image_is_left, is_checked=alone is None, known=known), {}
        case "pairs":
            found = find_pairs(root, alone)
            return (found if image_is_left else _turned_round(found)), {}
        case _:
            return find_alone(root), {}


def _read(
    root: Path,
    layout: str,
    wanted: PicturesWanted,
    known: Mapping[Path, _Size],
    progress: Callable[[int, int], None] | None = None,
    *,
    is_scored: bool = False,
) -> tuple[tuple[Found, Found], dict[Pair, _Size]]:
    """What lies on disk, and the size of each target; pairs of sizes that do not fit are refused."""
    kinds = find_pictures(root, layout, image_is_left=wanted.image_is_left, known=known, is_scored=is_scored)
    pairs = [pair for kind in kinds for several in kind.values() for pair in several]
    sizes = dict(zip(pairs, in_threads(partial(size_of_target, known=known), pairs, progress), strict=True))
    if layout == "pairs":
        heads = in_threads(lambda pair: known.get(pair.image) or pair.image_size(), pairs)
        both = {pair: (image, sizes[pair]) for pair, image in zip(pairs, heads, strict=True)}
        refuse_unequal(root, wanted.task, wanted.scale, both, is_scored=is_scored)
    return kinds, sizes


def _decided(
    kinds: tuple[Found, Found], validation: float | str | None, seed: int, *, image_is_left: bool
) -> tuple[tuple[Found, Found], list[Decision]]:
    """Both kinds with what is held out of each."""
    if not kinds[1]:
        splits, decisions = decide_splits(kinds[0], validation, seed, copied=_copied(kinds[0]))
        return (splits, {}), decisions
    first, second = ("A", "B") if image_is_left else ("B", "A")
    splits, decisions = _decided_of_kind(first, kinds[0], validation, seed)
    others, also = _decided_of_kind(second, kinds[1], validation, seed)
    what = f"Two kinds of pictures, which need not belong together: {first} becomes {second}"
    told = [
        Decision(f"Kind {kind}: {each.what}", each.why)
        for kind, of in ((first, decisions), (second, also))
        for each in of
    ]
    return (splits, others), [Decision(what, "asked for"), *told]


def _decided_of_kind(
    kind: str, found: Found, validation: float | str | None, seed: int
) -> tuple[Found, list[Decision]]:
    """One kind with what is held out of it.

    Raises:
        DataError: If too few are left to train on, with the name of the kind.
    """
    try:
        return decide_splits(found, validation, seed, copied=_copied(found))
    except DataError as error:
        raise DataError(f"Kind {kind}: {error}") from error


def _copied(found: Found) -> dict[Pair, str]:
    """Pairs whose targets, or pictures, are there twice."""
    return copied_files({pair: pair.target or pair.image for several in found.values() for pair in several})


def _about_disk(root: Path, layout: str, found: Found) -> list[Decision]:
    """That a test split of pairs is left out, or that two kinds of pictures are taken together, if it is so."""
    if layout == "pairs" and (place := one_sided_test(root, found)) is not None:
        return [Decision(f"{shown(place, root)} is left out", "its pictures have no partners")]
    places = {split: sorted({pair.image.parent.name for pair in pairs}) for split, pairs in found.items() if split}
    names = {name for several in places.values() for name in several}
    if layout not in ("alone", "halves") or not any(map(is_kind_of_split, names)):
        return []
    known = [split for split in ("train", "val", "test") if split in places]
    told = ", ".join(f"{' and '.join(places[split])} are {split}" for split in known)
    return [Decision(f"By the names of their folders, {told}", "folders of two kinds, which are taken together here")]


def _about_sides(layout: str, found: Found, *, image_is_left: bool) -> list[Decision]:
    """Which of two folders, or halves, goes in, and which should come out."""
    if layout == "halves":
        first, second = ("left", "right") if image_is_left else ("right", "left")
        why = "as usual; --reverse takes them the other way round" if image_is_left else "asked for (--reverse)"
        return [Decision(f"Halves: the {first} one goes in, the {second} one should come out", why)]
    pair = next((pair for several in found.values() for pair in several), None)
    if layout != "pairs" or pair is None:
        return []
    first, second = side_names(pair)
    why = "told by their names" if image_is_left else "told by their names, and the other way round as asked for"
    return [Decision(f"Pairs: {first} goes in, {second} should come out", why)]


def _together(
    root: Path,
    layout: str,
    kinds: tuple[Found, Found],
    decisions: Sequence[Decision],
    sizes: Mapping[Pair, _Size],
    scale: int,
) -> Pictures:
    splits, others = kinds
    return Pictures(
        root=root,
        layout=layout,
        splits=splits,
        sizes=dict(Counter(sizes.values())),
        scale=scale,
        decisions=tuple(decisions),
        digest=_digest({**splits, **{f"other {split}": several for split, several in others.items()}}, sizes),
        others=others,
    )


def size_of_target(pair: Pair, known: Mapping[Path, _Size]) -> _Size:
    """(height, width) of the target of a pair, or of its picture where it has none.

    Args:
        pair: The pair.
        known: Sizes of files; of one that is not among them, the head is read.

    Raises:
        DataError: If it cannot be read.
    """
    source, file = picture_source(pair), pair.target or pair.image
    if file in known:
        height, width = known[file]
        return (height, width // 2) if isinstance(source, PictureHalves) else (height, width)
    return source.head(pair).size if pair.target is None else source.target_head(pair).size


def _turned_round(found: Found) -> Found:
    """Pairs of two files, with image and target in each other's place."""
    return {
        split: tuple(replace(pair, image=pair.target or pair.image, target=pair.image) for pair in pairs)
        for split, pairs in found.items()
    }


def _as_found(found: Found, whole: str = "train") -> Found:
    """Splits as on disk; one without a name is called `whole`."""
    return {split or whole: pairs for split, pairs in found.items()}


def _digest(splits: Found, sizes: Mapping[Pair, _Size]) -> str:
    digest = hashlib.sha256()
    for split, pairs in sorted(splits.items()):
        for pair in pairs:
            lengths = [file.stat().st_size for file in (pair.image, pair.target) if file is not None]
            digest.update(f"{split}/{pair.image.name}/{sizes[pair]}/{lengths}\n".encode())
    return digest.hexdigest()[:12]
