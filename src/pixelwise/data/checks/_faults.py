"""What can be wrong with a file that cannot be read, and what to do."""

from __future__ import annotations

from pathlib import Path

from pixelwise.errors import DataError, install

__all__ = ["FAULTS", "fault_of"]

FAULTS = {  # what is wrong, and what to do
    "empty": ("empty (0 bytes)", "Fetch or export them again."),
    "page": ("a web page under the name of an image", "Download them again: what came was a page, perhaps an error."),
    "pointer": ("a pointer of Git LFS, not the file itself", "Run `git lfs pull` in the repository of the data."),
    "text": ("text under the name of an image", "Put the images that belong there in their place."),
    "alpha": ("grey of 16 bits with transparency", "Save them without transparency."),
    "no numbers": ("of complex numbers, or of none", "Save them as whole numbers or fractions."),
    "extra": ("such that another package is needed to read them", f"{install('tiff')}."),
    "depth": (
        "of fractions or deep colours",
        "Save masks as grey or palette PNG, with one whole number per class.",
    ),
    "pages": ("of several pages", "Save each page as a file of its own."),
    "large": ("too large to be read", "Cut them into tiles."),
    "forbidden": ("protected: permission to read is denied", "Change their permissions, such as with `chmod +r`."),
    "missing": ("not there, or links that lead nowhere", "Bring the files back, or take the pairs out."),
    "cut": ("damaged or cut short", "Copy or download them again; look whether the disk was full."),
    "foreign": ("of a kind that is not known", "Convert them to PNG or JPEG."),
}


def fault_of(file: Path, error: DataError) -> str:
    """What is wrong with a file; where no decoder knows it, by its first bytes."""
    if error.fault is not None and error.fault != "foreign":
        return error.fault
    try:
        with file.open("rb") as stream:
            head = stream.read(256).lstrip().lower()
    except OSError:
        return "missing"
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        return "page"
    if head.startswith(b"version https://git-lfs"):
        return "pointer"
    return "text" if head.startswith((b"{", b"[")) or (head.isascii() and b"\0" not in head) else "foreign"
