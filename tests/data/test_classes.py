"""Stored numbers become class indices and go back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelwise.data import Classes
from pixelwise.errors import DataError, SettingError
from pixelwise.ops.palette import legend


def classes(values: tuple[int, ...], ignored: tuple[int, ...] = (), *, binary: bool = False) -> Classes:
    names = tuple(f"class {value}" for value in values)
    return Classes(names, values, ignored, legend(names), binary)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_encoding_goes_back_by_decoding(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, 65535), min_size=2, max_size=40, unique=True))
    ignored = data.draw(st.lists(st.integers(0, 65535).filter(lambda value: value not in values), max_size=1))
    known = classes(tuple(values), tuple(ignored))
    raw = np.array(data.draw(st.lists(st.sampled_from([*values, *ignored]), min_size=1)), np.uint16)
    encoded = known.encode(raw)
    assert encoded.dtype == np.uint8
    assert np.array_equal(known.decode(encoded), raw)
    assert (encoded == 255).sum() == np.isin(raw, ignored).sum()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32])
def test_a_value_outside_is_refused_whatever_the_type(kind: type[np.integer]) -> None:
    known = classes((0, 1, 2), (11,))
    assert known.encode(np.array([[0, 2, 11]], kind)).tolist() == [[0, 2, 255]]
    with pytest.raises(
        DataError, match=r"values that are no class \(7, 200; 3 pixels\); expected are 0 to 2; 11 is ig"
    ):
        known.encode(np.array([[0, 7, 200, 7]], kind))


def test_a_negative_value_is_refused() -> None:
    with pytest.raises(DataError, match=r"no class \(-1; 1 pixel\)"):
        classes((0, 1)).encode(np.array([-1, 1], np.int32))


def test_255_may_be_a_class() -> None:
    known = classes((0, 255), binary=True)
    assert known.encode(np.array([0, 255], np.uint8)).tolist() == [0, 1]
    assert known.decode(np.array([0, 1])).tolist() == [0, 255]


def test_numbered_objects_are_one_object() -> None:
    known = Classes(("background", "object"), (0, 1), (9,), ((0, 0, 0), (1, 1, 1)), binary=True, any_positive=True)
    assert known.encode(np.array([0, 1, 9, 4000], np.uint16)).tolist() == [0, 1, 255, 1]
    assert known.span() == "0, and every value above 0; 9 is ignored"


def test_an_index_without_a_stored_value_is_refused() -> None:
    with pytest.raises(DataError, match=r"No stored value belongs to the class index 2, 255; there are 2 classes\."):
        classes((0, 1)).decode(np.array([0, 2, 255]))


def test_classes_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(SettingError, match="A value stands for two classes: 1"):
        classes((0, 1), (1,))
    with pytest.raises(SettingError, match="Binary means two classes, background and object; there are 3"):
        classes((0, 1, 2), binary=True)
    with pytest.raises(SettingError, match="1 classes were given; 2 to 255 are possible"):
        classes((0,))
    with pytest.raises(SettingError, match="2 names, 1 values and 2 colours of classes do not belong together"):
        Classes(("a", "b"), (0,), (), ((0, 0, 0), (1, 1, 1)), binary=False)
