"""What pydantic finds wrong with settings, in words for whoever typed them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

__all__ = ["readable"]

_SENTENCES = {
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "literal_error": "must be {expected}",
    "tuple_type": "must be a list",
    "dict_type": "must be a group of settings",
    "model_type": "must be a group of settings",
    "missing": "is missing",
    "extra_forbidden": "is no setting",
}
_WITHOUT_VALUE = ("missing", "extra_forbidden")


def readable(error: ValidationError) -> str:
    """All that pydantic found, one sentence a line, such as `training.epochs must be above 0, not -1.`."""
    return "\n".join(_sentence(dict(problem)) for problem in error.errors())


def _sentence(problem: dict[str, Any]) -> str:
    """One of pydantic's findings."""
    place = ".".join(str(part) for part in problem["loc"])
    template = _SENTENCES.get(problem["type"])
    if template is None:  # a check of ours, which is a sentence already
        message = str(problem["msg"]).removeprefix("Value error, ")
        return f"{place}: {message}." if place else f"{message[:1].upper()}{message[1:]}."
    words = template.format(**problem.get("ctx", {}))
    value = problem["input"]
    if problem["type"] in _WITHOUT_VALUE or isinstance(value, dict):
        return f"{place} {words}."
    return f"{place} {words}, not {f'{value:g}' if isinstance(value, float) else repr(value)}."
