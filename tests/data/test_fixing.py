"""A clean copy: everything that can be mended without guessing is mended, and training takes it."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.data.checks import Severity
from pixelwise.data.converting import convert_data
from pixelwise.data.doctor import examine
from pixelwise.data.fixes import Fixed
from pixelwise.data.fixing import fix_data
from pixelwise.data.overview import fix_hint
from pixelwise.data.understand import open_data
from pixelwise.errors import DataError, OutputError
from pixelwise.ops.image_io import image_head, read_image, read_labels
from tests.data.drawing import Drawer

SIZE = (24, 32)


def blob(i: int, size: tuple[int, int] = SIZE) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A mask of 0, 1 and 2, which no symmetry leaves as it is."""
    mask = np.zeros(size, np.uint8)
    mask[: size[0] // 3, : size[1] // 2 + i % 5] = 1
    mask[size[0] // 2 + i % 4 :, : 6 + i] = 2
    return mask


def photo(i: int, size: tuple[int, int] = SIZE) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """An image that shows the mask."""
    random = np.random.default_rng(i)
    colors = np.array([(40, 60, 90), (200, 210, 250), (160, 60, 40)])[blob(i, size)]
    return (colors + random.normal(0, 6, (*size, 3))).clip(0, 255).astype(np.uint8)


def draw(root: Path, count: int = 12, split: str = "") -> Drawer:
    """Healthy data."""
    drawer = Drawer(root)
    for i in range(count):
        drawer.array(f"{split}images/{split[:1]}{i:03}.png", photo(i + 50 * len(split)))
        drawer.array(f"{split}masks/{split[:1]}{i:03}.png", blob(i + len(split)))
    return drawer


def fixed(root: Path, out: Path) -> Fixed:
    """Mend a folder, and see that nothing of it was touched."""
    before = snapshot(root)
    result = fix_data(examine(root).survey, out, opened=open_data)
    assert snapshot(root) == before
    return result


def snapshot(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def is_clean(out: Path) -> bool:
    return not any(finding.severity is Severity.RUINS for finding in examine(out).findings)


def done(result: Fixed) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for fix in result.fixes:
        counts[fix.what] += len(fix.files)
    return dict(counts)


def test_healthy_data_need_no_copy(tmp_path: Path) -> None:
    draw(tmp_path / "data")
    result = fixed(tmp_path / "data", tmp_path / "out")
    assert (result.folder, result.fixes) == (None, ())
    assert not (tmp_path / "out").exists()


def test_everything_at_once_is_mended_and_told(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    drawer = draw(root)
    (root / "images" / "000.png").write_bytes((root / "images" / "000.png").read_bytes()[:200])  # cut short
    (root / "masks" / "001.png").unlink()  # no partner
    small = np.asarray(Image.fromarray(blob(2)).resize((16, 12), Image.Resampling.NEAREST))
    drawer.array("masks/002.png", small)
    drawer.array("masks/003.png", blob(3, (24, 24)))  # of another shape
    (root / "images" / "004.png").rename(root / "images" / "004.jpg")
    (root / "classes.txt").write_text("ground\nsky\nroof\n")
    result = fixed(root, out)
    assert result.refusal is None
    assert result.num_pairs == 9
    assert done(result) == {
        "images left out": 1,
        "pairs left out": 2,
        "masks rescaled to the size of their image": 1,
        "files renamed": 1,
    }
    assert read_labels(out / "masks" / "002.png").shape == SIZE
    assert (out / "images" / "004.png").read_bytes() == (root / "images" / "004.jpg").read_bytes()
    assert open_data(out).classes.names == ("ground", "sky", "roof")
    assert is_clean(out)
    told = (out / "FIXED.md").read_text()
    assert "| masks rescaled to the size of their image | 1 | by nearest neighbour |" in told
    assert "- `masks/002.png`" in told


@pytest.mark.parametrize("orientation", [2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("is_lying", [True, False])
def test_photographs_are_turned_upright_with_the_masks_that_were_drawn_on_them(
    orientation: int, is_lying: bool, tmp_path: Path
) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    draw(root)
    for i, turn in ((3, orientation), (4, 6)):  # the second one tells by its size how masks were drawn
        exif = Image.Exif()
        exif[0x0112] = turn
        Image.fromarray(photo(i)).save(root / "images" / f"{i:03}.png", exif=exif)
        upright = read_image(root / "images" / f"{i:03}.png")
        if not is_lying:
            Image.fromarray(mask_of(upright)).save(root / "masks" / f"{i:03}.png")
    result = fixed(root, out)
    assert result.refusal is None
    assert done(result)["images turned upright"] == 2
    assert done(result).get("masks turned with their image", 0) == (2 if is_lying else 0)
    for i in (3, 4):
        image = out / "images" / f"{i:03}.png"
        assert image_head(image).orientation == 1
        assert np.array_equal(read_image(image), read_image(root / "images" / f"{i:03}.png"))
        assert np.array_equal(read_labels(out / "masks" / f"{i:03}.png"), mask_of(read_image(image)))
    assert is_clean(out)


def mask_of(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The mask that `photo` shows."""
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[image[..., 2] > 170] = 1
    mask[(image[..., 0] > 110) & (image[..., 2] < 90)] = 2
    return mask


def test_a_jpeg_that_is_turned_stays_a_jpeg(tmp_path: Path) -> None:
    root = tmp_path / "data"
    draw(root)
    exif = Image.Exif()
    exif[0x0112] = 6
    (root / "images" / "003.png").unlink()
    Image.fromarray(photo(3)).save(root / "images" / "003.jpg", exif=exif, quality=95)
    fixed(root, tmp_path / "out")
    before, after = (read_image(place / "images" / "003.jpg") for place in (root, tmp_path / "out"))
    assert image_head(tmp_path / "out" / "images" / "003.jpg").orientation == 1
    assert np.abs(before.astype(int) - after).mean() < 2


@pytest.mark.parametrize("kind", ["colours", "palettes", "smoothed"])
def test_masks_become_class_numbers(kind: str, tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    draw(root)
    for i in range(12):
        mask = root / "masks" / f"{i:03}.png"
        index = blob(i)
        colors = np.array([(0, 0, 0), (200, 0, 0), (0, 0, 200)], np.uint8)
        if kind == "colours":
            Image.fromarray(colors[index]).save(mask)
        elif kind == "palettes":
            order = [0, 1, 2] if i % 2 else [0, 2, 1]
            image = Image.fromarray(np.array(order, np.uint8)[index])
            image.putpalette(colors[order].reshape(-1).tolist())
            image.save(mask)
        else:
            mask.unlink()
            Image.fromarray(((index > 0) * 255).astype(np.uint8)).save(mask.with_suffix(".jpg"), quality=60)
    before = open_data(root)
    result = fixed(root, out)
    assert result.refusal is None
    assert done(result) == {"masks written as class numbers": 12}
    after = open_data(out)
    assert after.class_pixels == before.class_pixels
    assert not after.classes.colored
    assert not after.classes.nearest
    assert after.classes.values == tuple(range(len(before.classes.names)))
    assert {path.suffix for path in (out / "masks").iterdir()} == {".png"}
    assert is_clean(out)


def test_copies_in_two_splits_stay_where_they_are_held_out(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    draw(root, 10, "train/")
    draw(root, 4, "val/")
    for kind in ("images", "masks"):
        (root / "train" / kind / "extra.png").write_bytes((root / "val" / kind / "v001.png").read_bytes())
    found = examine(root)
    assert "a copy in which" in fix_hint(found.survey, found.findings)
    result = fixed(root, out)
    assert done(result) == {"pairs left out of train": 1}
    assert not (out / "train" / "images" / "extra.png").exists()
    assert (out / "val" / "images" / "v001.png").exists()
    assert is_clean(out)


def test_an_image_that_two_lists_name_stays_where_it_is_held_out(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    drawer, lists = Drawer(root), root / "ImageSets" / "Segmentation"
    for i in range(8):
        drawer.array(f"JPEGImages/{i:03}.png", photo(i))
        drawer.array(f"SegmentationClass/{i:03}.png", blob(i))
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("".join(f"{i:03}\n" for i in range(6)))
    (lists / "val.txt").write_text("".join(f"{i:03}\n" for i in range(5, 8)))
    result = fixed(root, out)
    assert done(result)["pairs left out of train"] == 1
    assert result.num_pairs == 8
    splits = open_data(out).splits
    assert [pair.name for pair in splits["val"]] == ["005", "006", "007"]
    assert [pair.name for pair in splits["train"]] == [f"{i:03}" for i in range(5)]


def test_no_copy_is_offered_for_copies_within_a_split_which_it_would_keep(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    draw(root)
    for kind in ("images", "masks"):
        (root / kind / "extra.png").write_bytes((root / kind / "001.png").read_bytes())
    found = examine(root)
    assert "duplicates" in {finding.check for finding in found.findings}
    assert fix_hint(found.survey, found.findings) == ""
    assert fixed(root, out).folder is None


def test_what_only_a_person_can_mend_is_left_and_said(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    drawer = draw(root)
    (root / "classes.txt").write_text("ground\nsky\nroof\n")
    drawer.array("masks/002.png", blob(2) * 9)
    (root / "masks" / "001.png").unlink()
    result = fixed(root, out)
    assert result.refusal is not None
    assert "values outside the 3 classes" in result.refusal
    assert "Still refused by training:" in (out / "FIXED.md").read_text()


def test_splits_that_lists_say_are_kept(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    draw(root)
    (root / "valid.txt").write_text("004.png\n007.png\n")
    (root / "images" / "009.png").rename(root / "images" / "009.jpg")  # something to be mended
    before = open_data(root)
    result = fixed(root, out)
    assert result.refusal is None
    assert done(result) == {"files renamed": 1, "lists written anew": 1}
    after = open_data(out)
    assert [pair.name for pair in after.splits["val"]] == [pair.name for pair in before.splits["val"]] == ["004", "007"]
    assert len(after.splits["train"]) == 10


def test_splits_of_a_table_are_kept_and_masks_may_be_shared(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    draw(root, 10)
    colors = np.array([(0, 0, 0), (200, 0, 0), (0, 0, 200)], np.uint8)
    for i in range(10):
        Image.fromarray(colors[blob(i)]).save(root / "masks" / f"{i:03}.png")
    rows = [f"images/{i:03}.png,masks/{9 - max(i, 1):03}.png,{'val' if i in (3, 8) else 'train'}" for i in range(10)]
    (root / "data.csv").write_text("\n".join(["image,mask,split", *rows]))
    before = open_data(root)
    result = fixed(root, out)
    assert result.refusal is None
    assert done(result) == {"lists written anew": 1, "masks written as class numbers": 9}
    after = open_data(out)
    assert after.class_pixels == before.class_pixels
    assert [[pair.name for pair in after.splits[split]] for split in ("train", "val")] == [
        [pair.name for pair in before.splits[split]] for split in ("train", "val")
    ]


def test_a_mask_that_images_of_two_sizes_share_is_written_at_both(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    drawer = draw(root, 10)
    drawer.array("images/large.png", np.kron(photo(4), np.ones((2, 2, 1), np.uint8)))
    rows = [*(f"images/{i:03}.png,masks/{i:03}.png" for i in range(10)), "images/large.png,masks/004.png"]
    (root / "data.csv").write_text("\n".join(["image,mask", *rows]))
    result = fixed(root, out)
    assert result.refusal is None
    assert done(result) == {
        "masks rescaled to the size of their image": 1,
        "masks written under a name of their own": 1,
        "lists written anew": 1,
    }
    masks = {pair.name: pair.target for pairs in open_data(out).splits.values() for pair in pairs}
    assert len(masks) == 11
    assert np.array_equal(read_labels(masks["004"] or ""), blob(4))
    assert np.array_equal(read_labels(masks["large"] or ""), np.kron(blob(4), np.ones((2, 2), np.uint8)))


def test_what_is_written_under_another_name_takes_the_place_of_no_image(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    drawer = Drawer(root)
    for i in range(10):
        drawer.array(f"p{i}.png", photo(i))
        drawer.array(f"m{i}.png", blob(i))
    drawer.array("large.png", np.kron(photo(4), np.ones((2, 2, 1), np.uint8)))  # its mask would become m4_2.png
    drawer.array("m4_2.png", photo(11))
    drawer.array("p5_too.png", photo(12))
    (root / "p5_too.png").rename(root / "p5.jpg")  # whose ending is to become that of its content
    rows = [*(f"p{i}.png,m{i}.png" for i in range(10)), "large.png,m4.png", "m4_2.png,m3.png", "p5.jpg,m2.png"]
    (root / "data.csv").write_text("\n".join(["image,mask", *rows]))

    def content(folder: Path) -> list[tuple[bytes, bytes]]:
        pairs = (pair for pairs in open_data(folder).splits.values() for pair in pairs)
        return sorted((read_image(pair.image).tobytes(), read_labels(pair.target or "").tobytes()) for pair in pairs)

    result = fixed(root, out)
    assert result.refusal is None
    assert result.num_pairs == 13
    assert done(result)["masks written under a name of their own"] == 1
    assert done(result)["images written under a name of their own"] == 1
    wanted = [(photo(i), blob(i)) for i in range(10)]
    large = np.kron(photo(4), np.ones((2, 2, 1), np.uint8)), np.kron(blob(4), np.ones((2, 2), np.uint8))
    wanted += [large, (photo(11), blob(3)), (photo(12), blob(2))]
    assert content(out) == sorted((image.tobytes(), mask.tobytes()) for image, mask in wanted)


def test_names_that_a_table_of_the_format_gives_are_kept(tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    drawer = Drawer(root)
    for split in ("training", "validation"):
        for i in range(4):
            drawer.array(f"images/{split}/{split}{i}.png", photo(i + 9 * len(split)))
            drawer.array(f"annotations/{split}/{split}{i}.png", blob(i))
    (root / "images" / "training" / "training1.png").rename(root / "images" / "training" / "training1.jpg")
    table = [f"{i}\t0.1\tthing {i}" for i in range(1, 151)]
    (root / "objectInfo150.txt").write_text("\n".join(["Idx\tRatio\tName", *table]))
    result = fixed(root, out)
    assert result.refusal is None
    assert open_data(out).classes.names == open_data(root).classes.names
    assert open_data(out).classes.ignore_values == (0,)


def test_annotations_are_not_mended(tmp_path: Path) -> None:
    drawer = draw(tmp_path / "data")
    out = tmp_path / "coco"
    convert_data(drawer.root, out, "coco", dataset=open_data(drawer.root), progress=lambda *_: None)
    assert fixed(out, tmp_path / "out").folder is None
    next(out.rglob("*.png")).write_bytes(b"")
    with pytest.raises(
        DataError, match="is of the format coco; only folders of images and of mask files can be mended"
    ):
        fixed(out, tmp_path / "out")


def test_a_place_that_is_taken_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "data"
    draw(root)
    (root / "masks" / "001.png").unlink()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    with pytest.raises(OutputError, match="full is not empty, and nothing is overwritten"):
        fixed(root, tmp_path / "full")
    with pytest.raises(OutputError, match="which is only read"):
        fixed(root, root / "out")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DataError, match="No images with masks were found"):
        fixed(tmp_path / "nothing", tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"data", "full", "nothing"}
