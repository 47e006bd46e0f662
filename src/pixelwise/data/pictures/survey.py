"""What the checks of pictures are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.dataset import Pictures
from pixelwise.data.pictures.files import PictureFile
from pixelwise.data.pictures.looks import PairLook, PictureLook
from pixelwise.data.split import is_held_out
from pixelwise.errors import DataError

__all__ = ["PictureSurvey", "PicturesWanted", "Side"]

_KEEPING_DETAIL = frozenset({"grey", "holes", "dark"})  # degradations that are undone without knowing fine detail


@dataclass(frozen=True)
class PicturesWanted:
    """What is to be learnt from a folder of pictures.

    Attributes:
        task: `super_resolution`, `restoration`, `paired_translation` or `unpaired_translation`.
        scale: Pixels of a target per pixel of its image, along a side.
        degradations: Names of what makes images of targets; empty where the data hold both.
        image_is_left: Whether the left half goes in, or the first of two folders, or kind A; otherwise the other one.
        validation: What to hold out, as in `read_pictures`.
        seed: Of which pictures make up a share.
    """

    task: str
    scale: int = 1
    degradations: tuple[str, ...] = ()
    image_is_left: bool = True
    validation: float | str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Side:
    """The pictures that go in, or those that should come out.

    Attributes:
        nouns: What they are called: `images`, `targets`, `pictures`, `pictures of kind A`.
        is_wanted: Whether they, or pictures like them, should come out.
        files: Where each is stored, those that are in no split too.
        looks: How each looks; those that were looked at.
        splits: Which pairs are in each split.
    """

    nouns: str
    is_wanted: bool
    files: Mapping[Pair, Path]
    looks: Mapping[Pair, PictureLook]
    splits: Mapping[str, tuple[Pair, ...]]


@dataclass(frozen=True)
class PictureSurvey:
    """Everything that was read of a folder of pictures, once, for all checks.

    Attributes:
        root: The folder.
        wanted: What is to be learnt.
        layout: `alone`, `pairs`, `halves` or `domains`; empty where no pictures were found.
        splits: The pairs of each split as training would see them; where it would refuse some of them, as it would
            without these, or, where that is not known, as they lie on disk.
        others: For `domains`: the pictures of the kind that should come out, likewise.
        on_disk: Names of the splits on disk.
        left_out: The pairs that are in none of these splits, since training refuses them; for `domains`, those of each
            kind.
        files: What the head of each readable file says.
        unreadable: Why a file cannot be read.
        alone: Pictures without a partner.
        pictures: The data as training would see them; None where it would refuse them.
        usable: As `pictures`, or, where training would refuse them for some of their files, without these; None where
            that is refused too, or most of them are such.
        refusal: Why it would, as training says it; None where it would not.
        looks: How each pair looks; empty where only the quick checks were asked for.
    """

    root: Path
    wanted: PicturesWanted
    layout: str
    splits: Mapping[str, tuple[Pair, ...]]
    others: Mapping[str, tuple[Pair, ...]] = field(default_factory=dict)
    on_disk: frozenset[str] = frozenset()
    left_out: tuple[tuple[Pair, ...], tuple[Pair, ...]] = ((), ())
    files: Mapping[Path, PictureFile] = field(default_factory=dict)
    unreadable: Mapping[Path, DataError] = field(default_factory=dict)
    alone: tuple[Path, ...] = ()
    pictures: Pictures | None = None
    usable: Pictures | None = None
    refusal: str | None = None
    looks: Mapping[Pair, PairLook] = field(default_factory=dict)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs, and the pictures of both kinds, those that are left out at the end of each."""
        kinds = zip((self.splits, self.others), self.left_out, strict=True)
        return tuple(pair for splits, left in kinds for pairs in (*splits.values(), left) for pair in pairs)

    @property
    def is_drawn(self) -> bool:
        """Whether pixelwise has held val out, so that no file can be moved between train and val."""
        return self.usable is not None and is_held_out(self.wanted.validation, self.on_disk)

    @property
    def wants_detail(self) -> bool:
        """Whether what should come out has to be sharp: a larger picture, or one without blur, noise or blocks."""
        made = self.wanted.degradations
        return self.wanted.task in ("super_resolution", "restoration") and not (made and set(made) <= _KEEPING_DETAIL)

    def sides(self) -> Iterator[Side]:
        """What goes in, if that is on disk, and what should come out."""
        if self.layout == "domains":
            kinds = "AB" if self.wanted.image_is_left else "BA"
            for kind, splits in zip(kinds, (self.splits, self.others), strict=True):
                yield self._side(f"pictures of kind {kind}", splits, of_image=True, is_wanted=splits is self.others)
        elif self.layout == "alone":
            yield self._side("pictures", self.splits, of_image=False, is_wanted=True)
        else:
            yield self._side("images", self.splits, of_image=True, is_wanted=False)
            yield self._side("targets", self.splits, of_image=False, is_wanted=True)

    def _side(self, nouns: str, splits: Mapping[str, tuple[Pair, ...]], *, of_image: bool, is_wanted: bool) -> Side:
        pairs = [pair for several in splits.values() for pair in several]
        left = self.left_out[1 if self.layout == "domains" and is_wanted else 0]
        files = {pair: pair.image if of_image or pair.target is None else pair.target for pair in (*pairs, *left)}
        seen = {pair: self.looks[pair] for pair in pairs if pair in self.looks}
        looks = {pair: look.image if of_image else look.target for pair, look in seen.items()}
        return Side(nouns, is_wanted, files, {pair: one for pair, one in looks.items() if one is not None}, splits)
