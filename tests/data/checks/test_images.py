"""Images that are copies of others, frames of one video, or show nothing."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.data.checks import Severity
from pixelwise.data.checks._copies import copies
from pixelwise.data.doctor import examine
from pixelwise.data.looks import Look, hash_of, mirrored_hash, transposed_hash, upended_hash
from pixelwise.data.pairs import Pair
from pixelwise.data.scenes import draw_scene
from tests.data.checks.folder import Array, Folder, load, resized, save
from tests.data.checks.planted import Fault, assert_found

RUINS, HARMS, NOTE = Severity.RUINS, Severity.HARMS, Severity.NOTE
Files = Sequence[Path]


# Copies


def same_file_in_val(folder: Folder) -> Files:
    image, copy = folder.copy(3, "another", lambda array: array)
    copy.write_bytes(image.read_bytes())
    return [image, copy]


def same_file_in_train(folder: Folder) -> Files:
    image, copy = folder.copy(3, "another", lambda array: array, to="train")
    copy.write_bytes(image.read_bytes())
    return [image, copy]


def same_image_with_two_masks(folder: Folder) -> Files:
    image, _ = same_file_in_train(folder)
    mask = folder.root / "train/masks/another.png"
    folder.change([mask], lambda array: np.where(array == array[0, 0], array[-1, -1], array))
    return [mask, folder.root / "train/masks" / image.name]


def larger_copy_in_val(folder: Folder) -> Files:
    return folder.copy(3, "another", lambda array: resized(array, (144, 192)))


def smaller_copy_in_val(folder: Folder) -> Files:
    return folder.copy(3, "another", lambda array: resized(array, (72, 96)))


def compressed_copy_in_val(folder: Folder) -> Files:
    image, copy = folder.copy(3, "another", lambda array: array)
    save(copy.with_suffix(".jpg"), load(copy)[0], quality=60)
    copy.unlink()
    return [image, copy.with_suffix(".jpg")]


def brightened(array: Array) -> Array:
    return array if array.ndim == 2 else np.clip(array * 1.15 + 8, 0, 255).astype(np.uint8)


def brighter_copy_in_val(folder: Folder) -> Files:
    return folder.copy(3, "another", brightened)


def grey_copy_in_val(folder: Folder) -> Files:
    return folder.copy(3, "another", lambda array: array if array.ndim == 2 else array.mean(axis=2).astype(np.uint8))


def mirrored_copy_in_val(folder: Folder) -> Files:
    return folder.copy(3, "another", lambda array: array[:, ::-1])


def upended_copy_in_val(folder: Folder) -> Files:
    return folder.copy(3, "another", lambda array: array[::-1])


def turned_copy_in_val(folder: Folder) -> Files:
    return folder.copy(3, "another", np.rot90)


def copy_in_test(folder: Folder) -> Files:
    return folder.copy(3, "another", brightened, to="test")


def copies_called_aug(folder: Folder) -> Files:
    return folder.copy(3, "scene_00003_aug1", lambda array: np.roll(array, 30, axis=1))


def copies_called_flip(folder: Folder) -> Files:
    return folder.copy(3, "scene_00003_flip", lambda array: np.roll(array, 30, axis=1))


def copies_called_by_roboflow(folder: Folder) -> Files:
    for kind in ("images", "masks"):
        (folder.root / f"train/{kind}/scene_00003.png").rename(
            folder.root / f"train/{kind}/scene_png.rf.0123456789abcdef0123456789abcdef.png"
        )
    name = "scene_png.rf.fedcba9876543210fedcba9876543210"
    copy = folder.copy(2, name, lambda array: np.roll(array, 30, axis=1))[1]
    return [copy, folder.root / "train/images/scene_png.rf.0123456789abcdef0123456789abcdef.png"]


COPIES = [
    Fault(
        same_file_in_val, "duplicates", HARMS, "1 image lies in more than one split, byte for byte", "Take the copies"
    ),
    Fault(same_file_in_train, "duplicates", NOTE, "1 image is in the same split a second time", "Take the copies out"),
    Fault(same_image_with_two_masks, "duplicates", HARMS, "1 image has two different masks", "Keep the better mask"),
    Fault(larger_copy_in_val, "near_duplicates", HARMS, "1 of 7 images of val (14 %) shows nearly", "in one split"),
    Fault(smaller_copy_in_val, "near_duplicates", HARMS, "1 of 7 images of val (14 %) shows nearly", "in one split"),
    Fault(compressed_copy_in_val, "near_duplicates", HARMS, "1 of 7 images of val (14 %) shows nearly", "in one split"),
    Fault(brighter_copy_in_val, "near_duplicates", HARMS, "1 of 7 images of val (14 %) shows nearly", "in one split"),
    Fault(grey_copy_in_val, "near_duplicates", HARMS, "1 of 7 images of val (14 %) shows nearly", "in one split"),
    Fault(mirrored_copy_in_val, "near_duplicates", HARMS, "some of them mirrored", "in one split"),
    Fault(upended_copy_in_val, "near_duplicates", HARMS, "some of them upside down", "in one split"),
    Fault(turned_copy_in_val, "near_duplicates", HARMS, "some of them turned by", "in one split"),
    Fault(copy_in_test, "near_duplicates", HARMS, "1 of 1 images of test", "in one split"),
    Fault(copies_called_aug, "augmented_copies", HARMS, "1 image has augmented copies", "augments by itself"),
    Fault(copies_called_flip, "augmented_copies", HARMS, "1 image has augmented copies", "augments by itself"),
    Fault(copies_called_by_roboflow, "augmented_copies", HARMS, "1 image has augmented copies", "augments by itself"),
]


# Videos


def frames(folder: Folder, name: str = "clip_{:04d}", held: Callable[[int], bool] = lambda i: i % 4 == 2) -> list[int]:
    """Forty frames of a camera that turns, some of them in val."""
    scene = draw_scene(7, 96, 128 + 40 * 6)
    for place in range(40):
        window = slice(6 * place, 6 * place + 128)
        split = "val" if held(place) else "train"
        folder.pair(name.format(place), scene.image[:, window], scene.mask[:, window], split)
    return [place for place in range(40) if held(place)]


def frames_held_out_one_by_one(folder: Folder) -> Files:
    return [folder.root / f"val/images/clip_{place:04d}.png" for place in frames(folder)]


def frames_held_out_by_lot(folder: Folder) -> Files:
    chosen = set(np.random.default_rng(0).permutation(40)[:8].tolist())
    return [folder.root / f"val/images/f{place:03d}.png" for place in frames(folder, "f{:03d}", chosen.__contains__)][
        :0
    ]


def frames_without_val(folder: Folder) -> Files:
    for split in ("train", "val"):
        for file in [*folder.images(split), *folder.masks(split)]:
            file.unlink()
    frames(folder, "{:05d}", lambda place: False)
    for kind in ("images", "masks"):
        (folder.root / "val" / kind).rmdir()
    return []


def frames_of_one_street_in_val(folder: Folder) -> Files:
    image = folder.images("val")[0]
    mask = folder.root / "val/masks" / image.name
    for i, (one, other) in enumerate(zip(folder.images("train"), folder.masks("train"), strict=True)):
        street = f"street{'ab'[i % 2]}_{i:04}.png"
        one.rename(one.with_name(street))
        other.rename(other.with_name(street))
    mask.rename(mask.with_name("streeta_0090.png"))
    return [image.rename(image.with_name("streeta_0090.png"))]


VIDEOS = [
    Fault(
        frames_of_one_street_in_val, "shared_videos", NOTE, "train has frames of, too: streeta.", "`--validation stree"
    ),
    Fault(frames_held_out_one_by_one, "split_videos", HARMS, "40 images whose names 'clip_'", "`--validation clip_"),
    Fault(frames_held_out_by_lot, "split_videos", HARMS, "40 images whose names 'f'", "`--validation f"),
    Fault(frames_without_val, "split_videos", HARMS, "40 images whose names are numbers", "`--validation 0"),
]


# Images that show nothing, or are of another kind


def one_black_image(folder: Folder) -> Files:
    return folder.change(folder.images()[3:4], np.zeros_like)


def two_images_of_one_colour(folder: Folder) -> Files:
    return folder.change(folder.images()[3:5], lambda image: np.full_like(image, 200))


def all_images_black(folder: Folder) -> Files:
    return folder.change(folder.all_images(), np.zeros_like)


def no_blue(folder: Folder) -> Files:
    return folder.change(folder.all_images(), lambda image: image * np.array([1, 1, 0], np.uint8))


def shades_of_four_bits(folder: Folder) -> Files:
    return folder.change(folder.all_images(), lambda image: image // 17)


def grey(image: Array) -> Array:
    return np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)


def grey_stored_as_rgb(folder: Folder) -> Files:
    folder.change(folder.all_images(), grey)
    return []


def grey_val(folder: Folder) -> Files:
    return folder.change(folder.images("val"), grey)


def one_grey_image(folder: Folder) -> Files:
    return folder.change(folder.images()[3:4], grey)


def transparent_images(folder: Folder) -> Files:
    def opaque(image: Array) -> Array:
        return np.dstack([image, np.linspace(0, 255, image[..., 0].size).reshape(image.shape[:2]).astype(np.uint8)])

    return folder.change(folder.images()[3:5], opaque)


def image_for_print(folder: Folder) -> Files:
    file = folder.images()[3]
    picture = Image.fromarray(load(file)[0]).convert("CMYK")
    file.unlink()
    picture.save(file.with_suffix(".jpg"), quality=90)
    return [file.with_suffix(".jpg")]


def val_taken_at_night(folder: Folder) -> Files:
    folder.change(folder.images(), lambda image: image // 3 + 160)
    folder.change(folder.images("val"), lambda image: image // 4)
    return []


SHOWN = [
    Fault(one_black_image, "flat_images", HARMS, "1 of 24 images is black", "Export these images again"),
    Fault(two_images_of_one_colour, "flat_images", HARMS, "2 of 24 images are of one colour", "Export these images"),
    Fault(all_images_black, "flat_images", RUINS, "All 24 images are black", "Export these images again"),
    Fault(
        no_blue, "flat_images", HARMS, "The blue channel is the same everywhere (about 0) in 24 of 24", "all channels"
    ),
    Fault(shades_of_four_bits, "flat_images", HARMS, "All 24 images use the shades 0 to", "spread over 0 to 255"),
    Fault(grey_stored_as_rgb, "kinds_of_pixels", NOTE, "All 24 images are grey, 24 of them stored with col", "Nothing"),
    Fault(grey_val, "kinds_of_pixels", HARMS, "(train 0 %, val 100 %)", "Mix both kinds into every split"),
    Fault(one_grey_image, "kinds_of_pixels", NOTE, "1 of 24 images is grey among coloured ones", ""),
    Fault(transparent_images, "kinds_of_pixels", NOTE, "2 of 24 images have an alpha channel", "without alpha"),
    Fault(image_for_print, "kinds_of_pixels", NOTE, "1 of 24 images is CMYK", "Save them as RGB"),
    Fault(val_taken_at_night, "split_brightness", HARMS, "far more apart than images of one split", "every split"),
]


@pytest.mark.parametrize("fault", [*COPIES, *VIDEOS, *SHOWN], ids=lambda fault: fault.name)
def test_a_fault_of_images_is_found(fault: Fault, streets: Folder) -> None:
    assert_found(fault, streets)


def test_a_stretch_of_a_video_that_is_held_out_raises_no_alarm(streets: Folder) -> None:
    frames(streets, held=lambda place: place >= 32)
    assert [finding for finding in examine(streets.root).findings if finding.check == "split_videos"] == []


def two_videos(folder: Folder, starts: Sequence[int], count: int) -> None:
    """Nothing but two videos, without splits."""
    for split in ("train", "val"):
        shutil.rmtree(folder.root / split)
    for kind in ("images", "masks"):
        (folder.root / kind).mkdir()
    for video, start in enumerate(starts):
        scene = draw_scene(7 + video, 96, 128 + count * 6)
        for place in range(count):
            name = f"v{video}_{start + place:03d}.png"
            save(folder.root / "images" / name, scene.image[:, 6 * place : 6 * place + 128])
            save(folder.root / "masks" / name, np.repeat([[0], [1]], 48, axis=0).repeat(128, axis=1).astype(np.uint8))


@pytest.mark.parametrize(("starts", "count"), [((1, 1), 24), ((8, 8), 14), ((8, 50), 16)])
def test_the_cure_for_torn_videos_cures_when_it_is_followed(starts: Sequence[int], count: int, streets: Folder) -> None:
    two_videos(streets, starts, count)
    told = [finding for finding in examine(streets.root).findings if finding.check == "split_videos"]
    assert told
    cures = {finding.cure for finding in told}
    assert len(cures) == 1
    command = shlex.split(re.findall(r"`(--validation [^`]+)`", cures.pop())[0])
    followed = examine(streets.root, validation=command[1])
    checks = {finding.check: finding.what for finding in followed.findings}
    assert not {"split_videos", "near_duplicates", "shared_videos"} & checks.keys(), checks
    assert "to validate on" not in checks.get("few_images", "")


def test_the_cure_for_the_single_frames_of_a_video_cures_when_it_is_followed(streets: Folder) -> None:
    frames(streets)
    (told,) = (finding for finding in examine(streets.root).findings if finding.check == "split_videos")
    beginning = re.findall(r"`--validation ([^`]+)`", told.cure)[0]
    assert "split_videos" not in {finding.check for finding in examine(streets.root, validation=beginning).findings}


def test_what_is_named_for_a_video_that_test_tears_cures_it_or_is_no_option(streets: Folder) -> None:
    frames(streets)
    (streets.root / "val").rename(streets.root / "test")
    (told,) = (finding for finding in examine(streets.root).findings if finding.check == "split_videos")
    named = re.findall(r"`--validation ([^`]+)`", told.cure)
    again = [examine(streets.root, validation=beginning).findings for beginning in named]
    assert not [finding for findings in again for finding in findings if finding.check == "split_videos"]
    assert named or "`" not in told.cure


def test_grey_images_in_like_shares_are_no_reason_to_mix_them(streets: Folder) -> None:
    streets.change([*streets.images()[:9], *streets.images("val")[:3]], grey)
    (told,) = (finding for finding in examine(streets.root).findings if finding.check == "kinds_of_pixels")
    assert told.severity is NOTE
    assert "(train 50 %, val 50 %)" in told.what
    assert told.cure == "Nothing needs to be done, if such images will be met in use."


def test_videos_shared_with_val_are_told_beside_a_broken_file_of_val(streets: Folder) -> None:
    frames_of_one_street_in_val(streets)
    streets.images("val")[0].write_bytes(b"")
    checks = [finding.check for finding in examine(streets.root, quick=True).findings]
    assert {"unreadable", "shared_videos"} <= set(checks)


def test_numbered_pictures_that_are_no_video_may_be_held_out_by_lot(streets: Folder) -> None:
    for kind in ("images", "masks"):
        for number, file in enumerate(sorted((streets.root / "val" / kind).iterdir())):
            file.rename(file.with_name(f"picture_{3 * number + 1}.png"))
        for number, file in enumerate(sorted((streets.root / "train" / kind).iterdir())):
            file.rename(file.with_name(f"picture_{number // 2 * 3 + 2 * (number % 2)}.png"))
    assert examine(streets.root).findings == ()


def test_pictures_of_a_camera_that_does_not_move_are_compared_in_no_time() -> None:
    random = np.random.default_rng(0)
    stamps = [Look(1, (9, 9, 9), (9, 9, 9), (0, 9), False, "", "", "", 0, brick(random)) for _ in range(3000)]
    looks = {Pair(Path(f"{place}.png"), None): look for place, look in enumerate(stamps)}
    pairs = list(looks)
    assert copies(looks, pairs[1000:], pairs[:1000]) == []


def brick(random: np.random.Generator) -> Array:
    return random.integers(0, 255, (32, 32, 3), dtype=np.uint8)


def test_the_hash_of_a_turned_image_follows_from_that_of_the_image() -> None:
    stamp = np.random.default_rng(0).random((32, 32)).astype(np.float32)
    number = hash_of(stamp)
    assert mirrored_hash(number) == hash_of(stamp[:, ::-1])
    assert upended_hash(number) == hash_of(stamp[::-1])
    assert transposed_hash(number) == hash_of(stamp.T)
