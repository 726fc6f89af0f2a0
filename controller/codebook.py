"""Which classes a black box can hold: those that the controller's own annotations name."""

import dataclasses
import enum
import typing
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from controller.errors import ControllerError

ARRAY_KINDS: Final = "biuf"
"""Kinds of numpy numbers that are kept: truth, signed, unsigned, floating."""


@dataclasses.dataclass(eq=False)
class BadValueError(ControllerError):
    """Bytes that are no value, or a value that cannot be told as bytes."""

    why: str

    def __str__(self) -> str:
        return self.why


class Codebook(NamedTuple):
    """Classes that may be told.

    Attributes:
        fields: Names of the fields by class, in order; none for an enumeration.
        by_name: The classes by the name in the bytes.
        constants: Values that code knows by identity, by their name.
    """

    fields: Mapping[type, tuple[str, ...]]
    by_name: Mapping[str, type]
    constants: Mapping[str, object]


def codebook(*roots: type, constants: Mapping[str, object] = MappingProxyType({})) -> Codebook:
    """Return the book of `roots` and of every class that their annotations lead to."""
    fields: dict[type, tuple[str, ...]] = {}
    ahead: list[Any] = list(roots)
    while ahead:
        found = ahead.pop()
        ahead += typing.get_args(found)
        names = _field_names(found)
        if names is None or found in fields:
            continue
        fields[found] = names
        if names:
            hints = typing.get_type_hints(found)
            ahead += [hints[name] for name in names]
    return Codebook(fields, {name_of(kind): kind for kind in fields}, constants)


def _field_names(kind: Any) -> tuple[str, ...] | None:
    """Return the names of a value class, () of an enumeration, None of anything else."""
    if not isinstance(kind, type):
        return None
    if issubclass(kind, enum.Enum):
        return ()
    if issubclass(kind, tuple):
        return getattr(kind, "_fields", None)
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return None


def name_of(kind: type) -> str:
    """Return the name of a class as the bytes have it."""
    return f"{kind.__module__}.{kind.__qualname__}"
