"""One mask for several different images."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._copies import byte_copies
from pixelwise.data.checks._words import agree, masks_of
from pixelwise.data.pairs import Pair

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for all masks that occur more than once, of different images."""
    groups: dict[object, list[Pair]] = {}
    for pair, look in survey.looks.items():
        entry = survey.scanned[pair]
        if look.outline is not None and max(len(entry.pixels), entry.num_colors) > 1:
            groups.setdefault((look.outline.checksum, entry.mask_size), []).append(pair)
    copied = {frozenset(group) for group in byte_copies(survey.looks)}
    same = [group for group in groups.values() if len(group) > 1 and frozenset(group) not in copied]
    same = [group for group in same if len({survey.looks[pair].hash for pair in group}) > 1]
    if not same:
        return
    count = sum(map(len, same))
    yield Finding(
        Severity.HARMS,
        f"{count} images share {len(same)} {agree(len(same), 'mask', 'masks')}: equal in every pixel, while the images "
        "differ.",
        "All but one of the images are learnt with a mask that is not theirs.",
        "Look at these masks: a file was copied, or an export wrote the last mask again.",
        masks_of([pair for group in same for pair in group]),
        count,
    )


CHECK = Check(run, "one mask for several different images", looks=True)
