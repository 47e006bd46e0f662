"""Text files that list names, one per line, and what they say about splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import SPLIT_WORDS, Part
from pixelwise.data.formats._listed_images import file_name
from pixelwise.data.pairs import Pair, Pairing
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, some_of

__all__ = ["read_list", "split_by_lists"]

_LARGEST = 256 * 1024**2  # bytes


def read_list(file: Path) -> list[str]:
    """The lines of a file without empty ones, each once.

    Raises:
        DataError: If it cannot be read as text.
    """
    try:
        if file.stat().st_size > _LARGEST:
            raise DataError(f"{file} has more than {_LARGEST // 1024**2} MB; a list of names is expected.")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read as a list of names ({error}); a name per line is expected.") from error
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def split_by_lists(root: Path, part: Part) -> tuple[dict[str, Part], tuple[Decision, ...]]:
    """The splits of images and masks without folders for them, where lists beside these name the images.

    Such lists are called train.txt, val.txt (valid.txt, validation.txt) or test.txt. What is in none of them is train,
    unless there is a train.txt; it is then left out. Lists of which no line names an image are about something else.

    Args:
        root: The folder in which the lists may lie.
        part: All images and masks.

    Returns:
        The parts per split, under "" if there are no lists; and what was decided.

    Raises:
        DataError: If a list names images that are not there, or an image is in two lists.
    """
    files = {root / f"{word}.txt": split for word, split in SPLIT_WORDS.items() if (root / f"{word}.txt").is_file()}
    by_name = _by_name(part.pairing.pairs)
    chosen: dict[Pair, Path] = {}
    decisions = []
    for file in files:
        lines = [file_name(line) for line in read_list(file)]
        known = [by_name[line] for line in lines if line in by_name]
        if not known:
            why = "none of its lines names an image with a mask"
            decisions.append(Decision(f"{file.name} is not used", why))
            continue
        _refuse_missing(file, [line for line in lines if line not in by_name], len(lines))
        _refuse_twice(file, known, chosen)
        chosen |= dict.fromkeys(known, file)
    if not chosen:
        return {"": part}, tuple(decisions)
    used = {file: files[file] for file in files if file in chosen.values()}
    return _parts(part, chosen, used, decisions), tuple(decisions)


def _parts(
    part: Part, chosen: Mapping[Pair, Path], used: Mapping[Path, str], decisions: list[Decision]
) -> dict[str, Part]:
    """The parts of the splits; what is in no list goes to train, or is left out."""
    rest = [pair for pair in part.pairing.pairs if pair not in chosen]
    has_train = "train" in used.values()
    counts = Counter(chosen.values())
    said = {file.name: counts[file] for file in used}
    what = ", ".join(f"{name} names {counted(count, 'image')}" for name, count in said.items())
    decisions.append(
        Decision(f"Splits: {what}", "lists beside the folders" + ("" if has_train else "; the rest is train"))
    )
    if has_train and rest:
        left = f"{counted(len(rest), 'image')} left out: {some_of(pair.image.name for pair in rest)}"
        decisions.append(Decision(left, f"in none of the lists ({', '.join(said)})"))
    pairing = part.pairing
    members: dict[str, list[Pair]] = {"train": []}
    for pair in pairing.pairs:
        split = used[chosen[pair]] if pair in chosen else None if has_train else "train"
        if split is not None:
            members.setdefault(split, []).append(pair)
    alone = Pairing(tuple(members["train"]), pairing.images_alone, pairing.masks_alone)
    parts = {"train": Part(part.images, part.masks, alone, part.within)}
    others = {split: Part(part.images, part.masks, Pairing(tuple(members[split]))) for split in sorted(members)}
    return {**others, **parts} if members["train"] else others


def _by_name(pairs: Sequence[Pair]) -> dict[str, Pair]:
    """The pairs by the names of their images, with and without endings."""
    return {name: pair for pair in pairs for name in (pair.image.stem, pair.image.name)}


def _refuse_missing(file: Path, missing: Sequence[str], count: int) -> None:
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        found = ended(f"{len(missing)} of {count} lines of {file} {verb} no image with a mask: {some_of(missing)}")
        raise DataError(f"{found} Take these lines out, or add the images.")


def _refuse_twice(file: Path, pairs: Sequence[Pair], chosen: Mapping[Pair, Path]) -> None:
    twice = [pair for pair in pairs if pair in chosen and chosen[pair] != file]
    if twice:
        names = ended(
            f"{counted(len(twice), 'image')} of {file} {'is' if len(twice) == 1 else 'are'} in "
            f"{chosen[twice[0]].name} too: "
            f"{some_of(pair.image.name for pair in twice)}"
        )
        raise DataError(f"{names} Each image belongs to one split.")
