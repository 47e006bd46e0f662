"""Faults planted into pairs of pictures, kinds of pictures and photographs alone, and healthy ones without alarm."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from pixelwise.data.checks import Severity
from pixelwise.data.pictures import read_pictures
from pixelwise.data.pictures.checks import PICTURE_CHECKS
from pixelwise.data.pictures.doctor import PictureDiagnosis, examine_pictures
from pixelwise.data.pictures.overview import picture_overview
from pixelwise.data.pictures.survey import PicturesWanted
from pixelwise.data.scenes import write_scenes
from pixelwise.errors import DataError
from pixelwise.ops.image_io import ImageHead, image_head
from tests.data.checks.folder import load, save

RUINS, HARMS, NOTE = Severity.RUINS, Severity.HARMS, Severity.NOTE
MENDING = PicturesWanted("restoration")
ENLARGING = PicturesWanted("super_resolution", scale=2)
FROM_ALONE = PicturesWanted("restoration", degradations=("noise",))
COLORING = PicturesWanted("restoration", degradations=("grey",))
TRANSLATING = PicturesWanted("paired_translation")
KINDS = PicturesWanted("unpaired_translation")
Plant = Callable[[Path], Sequence[Path]]


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("photographs")
    write_scenes(root, {"train": 28}, height=112, width=128)
    return sorted((root / "train" / "images").iterdir())


@pytest.fixture(scope="session")
def healthy(photographs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same scenes in all layouts: `pairs`, `scaled`, `alone`, `halves` and `kinds`."""
    root = tmp_path_factory.mktemp("healthy")
    random = np.random.default_rng(0)
    for i, file in enumerate(photographs[:24]):
        pixels, split, name = load(file)[0], "train" if i < 18 else "val", f"{i:02d}.png"
        noisy = np.clip(pixels + random.normal(0, 15, pixels.shape), 0, 255).astype(np.uint8)
        small = np.array(Image.fromarray(pixels).resize((64, 56), Image.Resampling.BICUBIC))
        for place, array in {
            f"pairs/{split}/noisy": noisy,
            f"pairs/{split}/clean": pixels,
            f"scaled/{split}/lr": small,
            f"scaled/{split}/hr": pixels,
            f"alone/{split}": pixels,
            f"halves/{split}": np.hstack([255 - pixels, pixels]),
        }.items():
            (root / place).mkdir(parents=True, exist_ok=True)
            save(root / place / name, array)
    for i in range(56):
        pixels = load(photographs[i // 2])[0]
        kind, split = "AB"[i % 2], "train"
        (root / "kinds" / f"{split}{kind}").mkdir(parents=True, exist_ok=True)
        turned = np.roll(pixels if i % 2 else 255 - pixels[::-1, ::-1], 40 * (i % 2), axis=1)
        save(root / "kinds" / f"{split}{kind}" / f"{i:02d}.png", turned)
    return root


def found_in(root: Path, wanted: PicturesWanted) -> list[tuple[Severity, str, str]]:
    return [(finding.severity, finding.check, finding.what) for finding in examine_pictures(root, wanted).findings]


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("pairs", MENDING),
        ("pairs", TRANSLATING),
        ("scaled", ENLARGING),
        ("alone", FROM_ALONE),
        ("alone", COLORING),
        ("alone", ENLARGING),
        ("halves", TRANSLATING),
        ("kinds", KINDS),
    ],
)
def test_healthy_pictures_raise_no_alarm(healthy: Path, place: str, wanted: PicturesWanted) -> None:
    assert [said for said in found_in(healthy / place, wanted) if said[0] > NOTE] == []


# Faults


def change(file: Path, how: Callable[[Image.Image], Image.Image]) -> Path:
    with Image.open(file) as image:
        image.load()
    how(image).save(file)
    return file


def files_in(root: Path, *places: str) -> list[Path]:
    return [file for place in places for file in sorted((root / place).iterdir())]


def other_size(root: Path) -> Sequence[Path]:
    return [change(root / "train/hr/03.png", lambda image: image.resize((120, 112)))]


def cut_off_rows(root: Path) -> Sequence[Path]:
    return [change(root / "train/hr/03.png", lambda image: image.crop((0, 0, 127, 112)))]


def another_scale(root: Path) -> Sequence[Path]:
    targets = files_in(root, "train/hr", "val/hr")
    return [change(file, lambda image: image.resize((192, 168))) for file in targets]


def odd_width(root: Path) -> Sequence[Path]:
    return [change(root / "train/03.png", lambda image: image.crop((0, 0, 255, 112)))]


def shifted(root: Path) -> Sequence[Path]:
    files = files_in(root, "train/clean")[:4]
    for file in files:
        save(file, np.roll(load(file)[0], (3, -2), axis=(0, 1)))
    return files


def grey_among_colored(root: Path) -> Sequence[Path]:
    return [change(file, lambda image: image.convert("L")) for file in files_in(root, "train/clean")[:6]]


def nothing_in_color(root: Path) -> Sequence[Path]:
    return [change(file, lambda image: image.convert("L")) for file in files_in(root, "train", "val")]


def jpeg_of_low_quality(root: Path, quality: int = 50) -> Sequence[Path]:
    files = [file.with_suffix(".jpg") for file in files_in(root, "train")]
    for file in files:
        save(file, load(file.with_suffix(".png"))[0], quality=quality)
        file.with_suffix(".png").unlink()
    return files


def png_that_was_jpeg(root: Path) -> Sequence[Path]:
    copies = jpeg_of_low_quality(root, 20)
    for file in copies:
        save(file.with_suffix(".png"), load(file)[0])
        file.unlink()
    return []


def same_picture_on_both_sides(root: Path) -> Sequence[Path]:
    files = files_in(root, "train/noisy")[:4]
    for file in files:
        shutil.copy(root / "train/clean" / file.name, file)
    return files


def one_folder_copied_over_the_other(root: Path) -> Sequence[Path]:
    for split in ("train", "val"):
        shutil.rmtree(root / split / "noisy")
        shutil.copytree(root / split / "clean", root / split / "noisy")
    return files_in(root, "train/noisy")


def enlarged(root: Path) -> Sequence[Path]:
    def soft(image: Image.Image) -> Image.Image:
        return image.resize((64, 56), Image.Resampling.BICUBIC).resize((128, 112), Image.Resampling.BICUBIC)

    return [change(file, soft) for file in files_in(root, "train")]


def blurred(root: Path) -> Sequence[Path]:
    return [change(file, lambda image: image.filter(ImageFilter.GaussianBlur(2))) for file in files_in(root, "train")]


def of_one_color(root: Path) -> Sequence[Path]:
    return [change(root / "train/clean/05.png", lambda image: Image.new("RGB", image.size, (90, 90, 90)))]


def nearly_black(root: Path) -> Sequence[Path]:
    files = files_in(root, "train", "val")
    return [change(file, lambda image: image.point(lambda value: value // 20)) for file in files]


def cut_off_light(root: Path) -> Sequence[Path]:
    return [change(root / "train/05.png", lambda image: image.point(lambda value: 255 if value > 80 else value))]


def kind_of_three(root: Path) -> Sequence[Path]:
    for file in files_in(root, "trainB")[4:]:
        file.unlink()
    return []


def kind_of_none(root: Path) -> Sequence[Path]:
    shutil.rmtree(root / "trainB")
    return []


def in_both_kinds(root: Path) -> Sequence[Path]:
    copy = root / "trainB" / "again.png"
    shutil.copy(root / "trainA" / "04.png", copy)
    return [copy, root / "trainA" / "04.png"]


def cut_short(root: Path) -> Sequence[Path]:
    file = root / "train/clean/07.png"
    file.write_bytes(file.read_bytes()[:2000])
    return [file]


def empty(root: Path) -> Sequence[Path]:
    (root / "train/noisy/07.png").write_bytes(b"")
    return [root / "train/noisy/07.png"]


def of_another_kind(root: Path) -> Sequence[Path]:
    file = root / "train/clean/07.png"
    save(file.with_suffix(".jpg"), load(file)[0], quality=95)
    file.with_suffix(".jpg").replace(file)
    return [file]


def target_in_val_too(root: Path) -> Sequence[Path]:
    shutil.copy(root / "train/clean/02.png", root / "val/clean/20.png")
    return [root / "val/clean/20.png", root / "train/clean/02.png"]


def twice_in_train(root: Path) -> Sequence[Path]:
    shutil.copy(root / "train/02.png", root / "train/again.png")
    return [root / "train/02.png", root / "train/again.png"]


def tiny(root: Path) -> Sequence[Path]:
    return [change(root / "train/02.png", lambda image: image.resize((40, 36)))]


def without_partner(root: Path) -> Sequence[Path]:
    (root / "train/noisy/02.png").unlink()
    return [root / "train/clean/02.png"]


def three_pairs(root: Path) -> Sequence[Path]:
    for file in files_in(root, "train/noisy", "train/clean"):
        if file.stem > "02":
            file.unlink()
    return files_in(root, "train/clean")


@dataclass(frozen=True)
class Fault:
    """A fault, where it is planted, and how the doctor speaks of it."""

    plant: Plant
    place: str
    wanted: PicturesWanted
    check: str
    severity: Severity
    what: str
    cure: str


FAULTS = [
    Fault(other_size, "scaled", ENLARGING, "sizes_of_pairs", RUINS, "In 1 of 24 pairs", "All pairs need one scale"),
    Fault(cut_off_rows, "scaled", ENLARGING, "sizes_of_pairs", RUINS, "03 (56 × 64 and 112 × 127)", "Cut the rims"),
    Fault(another_scale, "scaled", ENLARGING, "sizes_of_pairs", RUINS, "In all 24 pairs", "say `--scale 3`"),
    Fault(odd_width, "halves", TRANSLATING, "sizes_of_pairs", RUINS, "1 of 24 files has an odd width", "Cut a column"),
    Fault(shifted, "pairs", MENDING, "shifted_pairs", HARMS, "3 pixels down, 2 pixels to the left", "Cut the rims"),
    Fault(grey_among_colored, "pairs", MENDING, "grey_pictures", HARMS, "6 of 24 targets are without", "Take those"),
    Fault(nothing_in_color, "alone", COLORING, "grey_pictures", RUINS, "All 24 pictures", "in colour as targets"),
    Fault(
        jpeg_of_low_quality, "alone", FROM_ALONE, "jpeg_targets", HARMS, "quality below 80 (median 50", "before they"
    ),
    Fault(png_that_was_jpeg, "alone", FROM_ALONE, "blocks_of_jpeg", HARMS, "show the blocks of JPEG", "before they"),
    Fault(same_picture_on_both_sides, "pairs", MENDING, "identical_pairs", HARMS, "In 4 of 24 pairs", "Take them out"),
    Fault(
        one_folder_copied_over_the_other, "pairs", MENDING, "identical_pairs", RUINS, "In all 24 pairs", "was copied"
    ),
    Fault(enlarged, "alone", ENLARGING, "soft_targets", HARMS, "targets have no fine detail", "Make them smaller"),
    Fault(blurred, "alone", FROM_ALONE, "soft_targets", HARMS, "targets have no fine detail", "Make them smaller"),
    Fault(of_one_color, "pairs", MENDING, "flat_pictures", HARMS, "1 of 24 targets is of one colour", "Export these"),
    Fault(nearly_black, "alone", FROM_ALONE, "flat_pictures", HARMS, "of 255 only", "spread over 0 to 255"),
    Fault(cut_off_light, "alone", FROM_ALONE, "clipped_pictures", NOTE, "In 1 of 24 pictures", "less contrast"),
    Fault(kind_of_three, "kinds", KINDS, "few_pictures", HARMS, "only 3 pictures of kind B to train on", "Add more"),
    Fault(kind_of_none, "kinds", KINDS, "folder", RUINS, "lacks pictures of kind B", "check again"),
    Fault(in_both_kinds, "kinds", KINDS, "both_kinds", HARMS, "1 of 29 pictures of kind B is among", "Decide which"),
    Fault(
        cut_short, "pairs", MENDING, "unreadable", RUINS, "1 of 48 files is damaged or cut short", "with its partner"
    ),
    Fault(empty, "pairs", MENDING, "unreadable", RUINS, "1 of 48 files is empty", "Fetch or export"),
    Fault(of_another_kind, "pairs", MENDING, "wrong_ending", NOTE, ".png is JPEG (1)", "Rename them"),
    Fault(target_in_val_too, "pairs", MENDING, "copies", HARMS, "1 of 6 targets of val (17 %) shows", "in one split"),
    Fault(
        twice_in_train, "alone", FROM_ALONE, "copies", NOTE, "1 of 25 pictures is in the same split", "Take the copies"
    ),
    Fault(tiny, "alone", FROM_ALONE, "small_pictures", HARMS, "1 of 24 pictures is less than 96", "Take the smallest"),
    Fault(
        without_partner, "pairs", MENDING, "without_partner", RUINS, "1 picture has no partner", "Add what is missing"
    ),
    Fault(three_pairs, "pairs", MENDING, "few_pictures", HARMS, "only 3 targets to train on", "Add more"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.plant.__name__)
def test_a_planted_fault_is_found_and_named_with_its_cure(fault: Fault, healthy: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(healthy / fault.place, tmp_path / "data"))
    files = fault.plant(root)
    diagnosis = examine_pictures(root, fault.wanted)
    spoken = [finding for finding in diagnosis.findings if finding.check == fault.check and fault.what in finding.what]
    assert spoken, [(finding.check, finding.what) for finding in diagnosis.findings]
    finding = spoken[0]
    assert finding.severity is fault.severity
    assert fault.cure in finding.cure
    assert set(files) <= set(finding.files)
    assert_calm(diagnosis)
    assert diagnosis.survey.refusal is None or RUINS in {one.severity for one in diagnosis.findings}


def assert_calm(diagnosis: PictureDiagnosis) -> None:
    """Whole sentences, and the worst first."""
    order = [finding.severity for finding in diagnosis.findings]
    assert order == sorted(order, reverse=True)
    for finding in diagnosis.findings:
        for sentence in (finding.what, finding.consequence, finding.cure):
            assert sentence.endswith((".", ")", "…")), sentence


def test_every_check_is_planted_and_says_what_it_looks_for() -> None:
    assert {fault.check for fault in FAULTS} - {"folder"} == set(PICTURE_CHECKS)
    for name in PICTURE_CHECKS:
        assert PICTURE_CHECKS[name].summary
        assert not PICTURE_CHECKS[name].summary.endswith(".")


def test_pictures_that_do_not_show_the_same_are_not_called_shifted(healthy: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(healthy / "pairs", tmp_path / "data"))
    targets = files_in(root, "train/clean")
    contents = [file.read_bytes() for file in targets]
    for file, content in zip(targets, [*contents[1:], contents[0]], strict=True):
        file.write_bytes(content)
    assert "shifted_pairs" not in {check for _, check, _ in found_in(root, TRANSLATING)}


def test_nothing_is_decoded_by_the_quick_checks(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pixelwise.data.pictures.doctor.look_at_pictures", lambda *_, **__: pytest.fail("pictures were decoded")
    )
    assert examine_pictures(healthy / "pairs", MENDING, quick=True).survey.looks == {}


def test_what_ruins_is_refused_with_its_cure(healthy: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(healthy / "pairs", tmp_path / "data"))
    one_folder_copied_over_the_other(root)
    with pytest.raises(DataError, match=r"In all 24 pairs image and target are the same picture\. Look whether"):
        examine_pictures(root, MENDING, quick=True).refuse_ruined()


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("super_resolution/T91", ENLARGING),
        ("super_resolution/Set5/image_SRF_2", ENLARGING),
        ("facades", TRANSLATING),
        ("horse2zebra", KINDS),
    ],
)
def test_real_pictures_raise_no_alarm(place: str, wanted: PicturesWanted, real_data: Path, tmp_path: Path) -> None:
    files = sorted(file for file in (real_data / place).rglob("*") if file.is_file())
    for file in files if len(files) < 100 else files[::4]:
        link = tmp_path / file.relative_to(real_data / place)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(file)
    alarms = [said for said in found_in(tmp_path, wanted) if said[0] > NOTE]
    assert [said for said in alarms if said[1] != "few_pictures"] == []  # Set5 has five


def test_a_broken_target_of_val_does_not_make_val_one_that_pixelwise_has_held_out(
    healthy: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(healthy / "pairs", tmp_path / "pairs")
    target_in_val_too(root)
    (root / "val" / "clean" / "19.png").write_bytes(b"")
    (told,) = (finding for finding in examine_pictures(root, MENDING).findings if finding.check == "copies")
    assert told.cure.startswith("Keep all versions of a picture in one split: move these targets from val to train")
    drawn = replace(MENDING, validation=0.3)
    assert examine_pictures(root, drawn, quick=True).survey.is_drawn


def test_a_pair_that_cannot_be_decoded_is_said_not_to_be_used(healthy: Path, tmp_path: Path) -> None:
    root = shutil.copytree(healthy / "pairs", tmp_path / "pairs")
    file = root / "train" / "noisy" / "03.png"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255  # its head and its end are whole
    file.write_bytes(content)
    assert examine_pictures(root, MENDING, quick=True).survey.pictures is not None
    survey = examine_pictures(root, MENDING).survey
    assert list(survey.unreadable) == [file]
    assert dict(picture_overview(survey))["pictures"] == "24 pairs: train 17, val 6; 1 not used"
    assert survey.pictures is None
    assert "03.png" in (survey.refusal or "")


def test_pictures_of_which_too_few_can_be_read_are_counted(healthy: Path, tmp_path: Path) -> None:
    root = shutil.copytree(healthy / "pairs", tmp_path / "pairs")
    for file in files_in(root, "train/noisy"):
        file.write_bytes(b"")
    survey = examine_pictures(root, MENDING, quick=True).survey
    assert dict(picture_overview(survey))["pictures"] == "24 pairs: train 18, val 6; 18 cannot be read"


@pytest.mark.parametrize(("place", "wanted"), [("pairs", MENDING), ("halves", TRANSLATING), ("kinds", KINDS)])
def test_the_head_of_a_picture_is_read_once(
    place: str, wanted: PicturesWanted, healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[Path] = []

    def noted(path: Path) -> ImageHead:
        again.append(path)
        return image_head(path)

    for module in ("pixelwise.data.pairs", "pixelwise.data.pictures.sources"):
        monkeypatch.setattr(f"{module}.image_head", noted)
    monkeypatch.setattr("pixelwise.data.pictures.layouts.image_size", lambda path: noted(path).size)
    diagnosis = examine_pictures(healthy / place, wanted, quick=True)
    assert again == []
    survey = diagnosis.survey
    opened = read_pictures(healthy / place, survey.layout, image_is_left=wanted.image_is_left)
    assert again
    assert diagnosis.pictures == opened


def test_sizes_of_what_fits_are_those_of_the_halves(healthy: Path, tmp_path: Path) -> None:
    root = shutil.copytree(healthy / "halves", tmp_path / "halves")
    odd_width(root)
    survey = examine_pictures(root, TRANSLATING, quick=True).survey
    assert survey.pictures is None
    assert survey.usable is not None
    assert survey.usable.sizes == {(112, 128): 23}


def test_a_pair_that_is_refused_is_not_the_smallest_picture(healthy: Path, tmp_path: Path) -> None:
    root = shutil.copytree(healthy / "pairs", tmp_path / "pairs")
    change(root / "train/clean/03.png", lambda image: image.resize((40, 36)))
    told = {finding.check for finding in examine_pictures(root, MENDING, quick=True).findings}
    assert told == {"sizes_of_pairs"}


@pytest.mark.parametrize(("wanted", "gives_colors"), [(ENLARGING, False), (FROM_ALONE, False), (COLORING, True)])
def test_colors_are_spoken_of_only_where_the_network_has_to_give_them(
    wanted: PicturesWanted, gives_colors: bool, healthy: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(healthy / "alone", tmp_path / "alone")
    change(root / "train/03.png", lambda image: image.convert("L"))
    (told,) = (finding for finding in examine_pictures(root, wanted).findings if finding.check == "grey_pictures")
    assert told.consequence.startswith("The network cannot know when to give colours") is gives_colors
