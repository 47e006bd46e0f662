"""VGG Image Annotator (VIA) 2: one JSON file with the regions of all images, a project or an export from one.

    DATA/                    DATA/                          DATA/
    ├── via_project.json     ├── via_region_data.json       ├── train/  via_region_data.json, a.jpg …
    └── a.jpg …              └── images/  a.jpg …           └── val/    via_region_data.json, b.jpg …

Which attribute of the regions is the class is decided from evidence, and said: one that all regions have; of several,
that which is called class, label or category, then the one with the fewest different values. Regions without any
attributes are of one class, object. Later regions lie over earlier ones.

Dutta, Zisserman: "The VIA Annotation Software for Images, Audio and Video", ACM Multimedia 2019,
https://www.robots.ox.ac.uk/~vgg/software/via/.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import Format, Found
from pixelwise.data.formats._listed_images import (
    annotation_files,
    found_image,
    image_folders,
    left_out_shapes,
    listed_parts,
    refuse_missing,
    what_is_blank,
)
from pixelwise.data.formats._nodes import holds_words, shortened
from pixelwise.data.formats._paths import inside
from pixelwise.data.formats._sketches import Sketch, Sketched, label_values, named_or_used
from pixelwise.data.formats._via_file import ViaFile, ViaRegion, read_via
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, some_of

__all__ = ["FORMAT"]

_OBJECT = "object"
_TELLING = ("class", "label", "categor")
_MANY_REGIONS = 20  # of at least so many, an attribute that is different in more than half of them numbers them
_REASONS = {
    "open line": "a line that does not return to its beginning encloses nothing",
    "outline": "fewer than three corners enclose nothing",
    "point": "it covers no pixels",
}


def find(root: Path) -> Found | None:
    """Find annotation files of VIA, and the images that they list."""
    files = annotation_files(root, ".json", _is_via, "VGG Image Annotator")
    contents = {split: content for split, file in files.items() if (content := read_via(file)) is not None}
    if not contents:
        return None
    several = list(contents.values())
    attribute, decisions = _class_attribute(several)
    options = [label for content in several for label in content.options.get(attribute or "", ())]
    used = sorted({_label(region, attribute) for region in _regions(several)})
    labels = list(dict.fromkeys((*options, *used)))
    names = named_or_used([root, *(content.file.parent for content in several)], labels, several[0].file)
    listed = [
        (split, content.file, image)
        for split, content in contents.items()
        for image in _images(root, content, attribute)
    ]
    parts, more = listed_parts(root, listed, label_values(names, labels))
    left_out = sum((content.left_out for content in several), Counter[str]())
    said = left_out_shapes(left_out, _REASONS, "it encloses nothing")
    blank = what_is_blank(image for _, _, image in listed)
    return Found(root, parts, names=names, decisions=(*decisions, *more, *said, *blank))


def _is_via(file: Path) -> bool:
    """Whether a file looks like VIA's inside."""
    words = (b'"shape_attributes"', b'"_via_img_metadata"')
    return holds_words(file, b'"filename"', b'"regions"') and any(holds_words(file, word) for word in words)


def _regions(contents: Sequence[ViaFile]) -> Iterator[ViaRegion]:
    """The regions that are drawn."""
    return (region for content in contents for image in content.images for region in image.regions)


def _label(region: ViaRegion, attribute: str | None) -> str:
    """The class of a region."""
    return _OBJECT if attribute is None else region.attributes[attribute]


def _class_attribute(contents: Sequence[ViaFile]) -> tuple[str | None, list[Decision]]:
    """The attribute whose values are the classes, or None where all regions are of one class.

    Raises:
        DataError: If there are no regions, or attributes of which none has a value in all of them.
    """
    regions = list(_regions(contents))
    if not regions:
        raise DataError(f"{contents[0].file} holds no regions that could be drawn, so there are no classes to learn.")
    values: dict[str, set[str]] = {}
    held: Counter[str] = Counter()
    for region in regions:
        for name, value in region.attributes.items():
            values.setdefault(name, set()).add(value)
            held[name] += 1
    number = counted(len(regions), "region")
    if not values:
        return None, [Decision(f"The {number} are of one class, {_OBJECT}", "no region has an attribute")]
    whole = [name for name in values if held[name] == len(regions)]
    if not whole:
        raise DataError(_without_class(contents[0].file, regions, max(held, key=lambda name: held[name])))
    numbering = [name for name in whole if len(regions) >= _MANY_REGIONS and 2 * len(values[name]) > len(regions)]
    candidates = sorted((name for name in whole if name not in numbering), key=lambda name: _order(name, values))
    if not candidates:
        why = f"the values of {some_of(map(shortened, numbering))} are different in more than half of them"
        return None, [Decision(f"The {number} are of one class, {_OBJECT}", why)]
    return candidates[0], [_chosen(candidates[0], values, number, [name for name in values if name != candidates[0]])]


def _order(name: str, values: Mapping[str, set[str]]) -> tuple[bool, int]:
    """By what an attribute is preferred: its name, then how few values it has."""
    return not any(word in name.lower() for word in _TELLING), len(values[name])


def _chosen(name: str, values: Mapping[str, set[str]], number: str, others: Sequence[str]) -> Decision:
    """That the values of an attribute are the classes, and which others there are."""
    why = f"all of the {number} have it"
    if others:
        said = some_of(f"{shortened(other)} ({counted(len(values[other]), 'value')})" for other in others)
        why += f"; not used: {said}"
    return Decision(f"The classes are the values of the attribute {shortened(name)}, {len(values[name])} of them", why)


def _without_class(file: Path, regions: Sequence[ViaRegion], attribute: str) -> str:
    """The sentence for attributes that not all regions have."""
    missing = [region.place for region in regions if attribute not in region.attributes]
    places = ended(f"{len(missing)} of the {counted(len(regions), 'region')} have none: {some_of(missing)}")
    return (
        f"{file}: no attribute has a value in every region, so that none says what all of them are. Most have one for "
        f"{shortened(attribute)}, but {places} Give these one value, or delete them."
    )


def _images(root: Path, content: ViaFile, attribute: str | None) -> Iterator[Sketched]:
    """The images of a file.

    Raises:
        DataError: If one is not there, or its name leads out of the folder of the data.
    """
    folders = [*_own_folder(root, content), *image_folders(root, content.file)]
    missing = []
    for image in content.images:
        try:
            path = found_image(root, image.name, folders)
        except DataError as error:
            raise DataError(f"{image.place}: {error}") from error
        if path is None:
            missing.append(shortened(image.name))
        else:
            sketches = tuple(Sketch(_label(region, attribute), region.shape) for region in image.regions)
            yield Sketched(path, None, sketches)
    refuse_missing(content.file, missing, len(content.images), folders)


def _own_folder(root: Path, content: ViaFile) -> list[Path]:
    """The folder that a project names, if it lies in the folder of the data; of another machine, it does not."""
    if not content.folder:
        return []
    try:
        return [inside(root, content.folder, content.file.parent)]
    except DataError:
        return []


FORMAT = Format(find, "via_region_data.json (VGG Image Annotator) beside a.jpg", rank=-1)
