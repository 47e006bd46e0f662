"""Whether files are read in threads or in processes makes no difference to what is found."""

from __future__ import annotations

import pytest

from pixelwise.data.doctor import examine
from pixelwise.data.looks import look_at
from pixelwise.data.pairs import FILES, Pair, Source
from pixelwise.data.scan import scan_all
from pixelwise.ops import processes
from pixelwise.ops.processes import allow_processes, in_processes
from tests.data.checks.folder import Folder


@pytest.fixture(autouse=True)
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even of few files, and on one core; where they are allowed."""
    monkeypatch.setattr(processes, "_FEWEST_ITEMS", 1)
    monkeypatch.setattr(processes, "_num_cores", lambda: 2)


def test_processes_find_what_threads_find(streets: Folder) -> None:
    images, masks = streets.images(), streets.masks()
    images[0].write_bytes(images[0].read_bytes()[:-500])  # found by decoding alone
    masks[1].write_bytes(b"")
    masks[2].write_bytes(masks[3].read_bytes())
    images[4].write_bytes(b"no image")
    in_threads = examine(streets.root)
    with allow_processes():
        in_two = examine(streets.root)
    assert in_two.findings == in_threads.findings
    assert in_two.survey.scanned == in_threads.survey.scanned
    assert in_two.survey.looks == in_threads.survey.looks
    assert [(str(file), str(why), why.fault) for file, why in in_two.survey.unreadable.items()] == [
        (str(file), str(why), why.fault) for file, why in in_threads.survey.unreadable.items()
    ]
    assert {why.fault for why in in_two.survey.unreadable.values()} == {"cut", "empty", "foreign"}


def test_outlines_stamps_and_pairs_come_back_from_processes(streets: Folder) -> None:
    pairs = [Pair(image, mask) for image, mask in zip(streets.images(), streets.masks(), strict=True)]
    here = scan_all(pairs, outlines=True).read
    stamps = [look.stamp.tobytes() for look in look_at(here)[0].values()]
    with allow_processes():
        there = scan_all(pairs, outlines=True).read
        looks, _ = look_at(there)
    assert all(entry.pair is pair and entry.pair.source is FILES for entry, pair in zip(there, pairs, strict=True))
    assert [look.stamp.tobytes() for look in looks.values()] == stamps
    for one, other in zip(here, there, strict=True):
        assert one.outline is not None
        assert other.outline is not None
        assert (one.outline.labels == other.outline.labels).all()
        assert looks[other.pair].outline is other.outline
        assert looks[other.pair].edges is not None


def test_sources_with_tables_stay_in_this_process(streets: Folder) -> None:
    class Table(Source):  # cannot be copied into another process
        pass

    pairs = [Pair(streets.images()[0], streets.masks()[0], Table())]
    with allow_processes():
        assert scan_all(pairs).read[0].pair is pairs[0]


def test_a_process_that_reads_imports_no_torch() -> None:
    imported = "[__import__('pixelwise.data.looks'), 'torch' in __import__('sys').modules]"
    with allow_processes():
        assert in_processes(eval, [f"{imported}[1]"]) == [False]
