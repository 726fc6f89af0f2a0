"""Switches checks off in the process it runs in: what a test build without them would be.

A check that the code names is struck from its function: the statement that gives it is left out of
the function's own source, and what stands after it goes on. The rest is set or replaced by
attribute. Everything holds for the process only, which is a child made for one run.
"""

import ast
import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, Final

BY_HAND_IN: Final = ("tests.necessity.by_hand_device", "tests.necessity.by_hand_host")
PRODUCT: Final = ("firmware_bridge.", "controller.", "simulator.")
ENUMS: Final = {"trip": "Trip", "refusal": "Refusal"}
STRUCK: Final = (*ENUMS, "permission", "governor", "strike")
NOTHING: Final = {
    "Trip": ast.parse("Trip.NONE", mode="eval").body,
    "Refusal": ast.Constant(None),
    "": ast.Constant(""),
}
Off = Callable[[str], None]
BY_HAND: dict[str, Off] = {}
_TREES: dict[str, ast.Module] = {}
"""Functions of which something has been struck: the next thing is struck from what is left."""


class UnknownCheckError(ValueError):
    """What is to be switched off is not there; says what."""


def by_hand(off: Off) -> Off:
    """Enter a way to switch something off under the name of its function, with dashes."""
    BY_HAND[off.__name__.replace("_", "-")] = off
    return off


def switch_all_off(whats: Iterable[str]) -> None:
    """Switch off everything named; what is struck goes first, as it needs the product's source."""
    for module in BY_HAND_IN:
        importlib.import_module(module)  # they enter what they can switch off
    for what in sorted(whats, key=lambda what: what.partition(" ")[0] not in STRUCK):
        switch_off(what)


def switch_off(what: str) -> None:
    """Switch one check off, named as in the census, or as `set MODULE.NAME VALUE`, or by hand.

    Raises:
        UnknownCheckError: There is nothing of this name.
    """
    sort, _, rest = what.partition(" ")
    if sort in ENUMS:
        where, _, member = rest.partition(" ")
        _strike(f"simulator.firmware.{where}", ENUMS[sort], member)
    elif sort == "permission":
        _strike_in("controller.permission", ("forbidden_start", "forbidden_press"), rest)
    elif sort == "governor":
        where, _, code = rest.partition(" ")
        _strike(f"controller.governor.{where}", "", code)
    elif sort == "strike":
        where, _, code = rest.partition(" ")
        _strike(where, "", code)
    elif sort == "set":
        where, _, value = rest.partition(" ")
        module, _, name = where.rpartition(".")
        put(module, name, float(value) if value in ("inf", "-inf") else ast.literal_eval(value))
    elif sort in BY_HAND:
        BY_HAND[sort](rest)
    else:
        raise UnknownCheckError(f"nothing is called {what!r}")


# By attribute


def put(module_name: str, name: str, value: Any) -> None:
    """Replace a name of a module, there and wherever else it was imported under that name.

    Raises:
        UnknownCheckError: The module has no such name.
    """
    module = importlib.import_module(module_name)
    if not hasattr(module, name):
        raise UnknownCheckError(f"{module_name} has no {name}")
    before = getattr(module, name)
    for other_name, other in list(sys.modules.items()):
        if other_name.startswith(PRODUCT) and other.__dict__.get(name, _NONE) is before:
            setattr(other, name, value)


_NONE: Final = object()


def wrap(owner: Any, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace a method of a class, or a function of a module, by something around it."""
    before = getattr(owner, name)
    if inspect.ismodule(owner):
        put(owner.__name__, name, around(before))
    else:
        setattr(owner, name, around(before))


# By leaving out


def _strike_in(module: str, functions: tuple[str, ...], code: str) -> None:
    struck = [name for name in functions if _try_strike(f"{module}.{name}", "", code)]
    if not struck:
        raise UnknownCheckError(f"{module} gives no {code!r}")


def _strike(where: str, enum: str, member: str) -> None:
    if not _try_strike(where, enum, member):
        raise UnknownCheckError(f"{where} gives no {enum} {member}")


def _try_strike(where: str, enum: str, member: str) -> bool:
    owner, name = _find(where)
    function: FunctionType = getattr(owner, name)
    tree = _TREES.get(where) or ast.parse(textwrap.dedent(inspect.getsource(function)))
    striker = _Striker(enum, member)
    tree = ast.fix_missing_locations(striker.visit(tree))
    if not striker.struck:
        return False
    _TREES[where] = tree
    scope: dict[str, Any] = {}
    code = compile(tree, inspect.getsourcefile(function) or where, "exec")
    exec(code, function.__globals__, scope)  # noqa: S102 - the product's own source, less one line
    if inspect.ismodule(owner):
        put(owner.__name__, name, scope[name])
    else:
        setattr(owner, name, scope[name])
    return True


def _find(where: str) -> tuple[Any, str]:
    """Return the class or module that holds a function, and the function's name there."""
    *path, name = where.split(".")
    for cut in range(len(path), 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(path[:cut]))
        except ModuleNotFoundError:
            continue
        for part in path[cut:]:
            owner = getattr(owner, part, None)
        if not hasattr(owner, name):
            raise UnknownCheckError(f"there is no {where}")
        return owner, name
    raise UnknownCheckError(f"there is no {where}")


class _Striker(ast.NodeTransformer):
    """Leaves a member of an enum, or a code, out of a function.

    A statement that gives nothing else goes, with a bare `return` behind it; one that gives
    something else as well gives nothing in its place.
    """

    def __init__(self, enum: str, member: str) -> None:
        self.enum = enum
        self.member = member
        self.struck = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.body[-1], ast.Pass):
            node.body[-1] = ast.Return(NOTHING[self.enum])
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if node.value is None or not self._gives(node.value):
            return node
        if self._is(node.value) or isinstance(node.value, ast.Call):
            self.struck += 1
            return ast.Pass()
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        return self._statement(node, node.value)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return self._statement(node, node.value)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        return node

    def visit_List(self, node: ast.List) -> ast.AST:
        kept = [
            part
            for part in node.elts
            if not (isinstance(part, ast.Tuple) and any(map(self._is, part.elts)))
        ]
        self.struck += len(node.elts) - len(kept)
        node.elts = kept
        return self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if self._is(node):
            self.struck += 1
            return NOTHING[self.enum]
        super().generic_visit(node)
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, _without_bare_returns(block))
        return node

    def _statement(self, node: ast.Assign | ast.Expr, value: ast.expr) -> ast.AST:
        if isinstance(value, ast.IfExp | ast.List) or not self._gives(value):
            return self.generic_visit(node)
        self.struck += 1
        gone = ast.Pass()
        gone.was_call = True  # type: ignore[attr-defined]
        return gone

    def _gives(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Compare):
            return False
        return self._is(node) or any(map(self._gives, ast.iter_child_nodes(node)))

    def _is(self, node: ast.AST) -> bool:
        if self.enum:
            return (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and (node.value.id, node.attr) == (self.enum, self.member)
            )
        return isinstance(node, ast.Constant) and node.value == self.member


def _without_bare_returns(block: list[ast.stmt]) -> list[ast.stmt]:
    """Leave out a bare `return` behind what was struck: what stands after it goes on."""
    kept: list[ast.stmt] = []
    for statement in block:
        bare = isinstance(statement, ast.Return) and statement.value is None
        if bare and kept and getattr(kept[-1], "was_call", False):
            continue
        kept.append(statement)
    return kept
