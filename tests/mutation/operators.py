"""Every small mistake that could be made in a module: one change of its syntax tree each.

Not changed: annotations, decorators, base classes, docstrings, and the text of f-strings, which is
for people. Numbers move by one, or by one in a hundred where they have a point: finer than a slip.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

COMPARED: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
RECKONED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
SWAPPED: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
SEEN_THROUGH: Final = ("min", "max", "abs", "round", "sorted", "reversed", "int", "float", "bool")
LEFT_ALONE: Final = frozenset(
    {"annotation", "returns", "decorator_list", "bases", "ctx", "type_params", "format_spec"}
)


class Mutant(NamedTuple):
    """One change, and how to make it.

    Attributes:
        line: Where it is.
        where: Dotted name of the function or class around it, "" the module itself.
        text: The line as written.
        change: Before and after, in words of the language.
        apply: Makes the change in the tree that it was found in.
    """

    line: int
    where: str
    text: str
    change: str
    apply: Callable[[], None]

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is called in a list that outlives a change of the lines above."""
        return self.where, self.text, self.change

    def words(self) -> dict[str, str | int]:
        """All of it that can be written down."""
        return {"line": self.line, **dict(zip(("where", "text", "change"), self.key, strict=True))}


class Place(NamedTuple):
    """Where a node hangs in its tree."""

    holder: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.holder, self.field, node)
        else:
            getattr(self.holder, self.field)[self.index] = node


def mutants(tree: ast.Module, source: str) -> list[Mutant]:
    """Return every mutant of the module, in the order of its lines; a change is named once."""
    lines = source.splitlines()
    found: list[Mutant] = []
    named: Counter[tuple[str, str, str]] = Counter()
    for place, node, where in _walk(tree, ""):
        for before, after, apply in _changes(place, node):
            line = getattr(node, "lineno", None) or getattr(place.holder, "lineno", 0)
            mutant = Mutant(line, where, lines[line - 1].strip(), f"{before} -> {after}", apply)
            named[mutant.key] += 1
            if named[mutant.key] > 1:
                mutant = mutant._replace(change=f"{mutant.change} (#{named[mutant.key]})")
            found.append(mutant)
    return sorted(found, key=lambda mutant: mutant.line)


def _walk(node: ast.AST, where: str) -> Iterator[tuple[Place, ast.AST, str]]:
    for field, value in ast.iter_fields(node):
        if field in LEFT_ALONE or isinstance(node, ast.JoinedStr):
            continue
        many = isinstance(value, list)
        for index, child in enumerate(value if many else [value]):
            if not isinstance(child, ast.AST) or _is_text(child):
                continue
            yield Place(node, field, index if many else None), child, where
            named = isinstance(child, ast.FunctionDef | ast.ClassDef)
            inside = f"{where}.{child.name}".lstrip(".") if named else where
            yield from _walk(child, inside)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


Change = tuple[str, str, Callable[[], None]]


def _changes(place: Place, node: ast.AST) -> Iterator[Change]:
    for after in _others(node):
        ast.copy_location(after, node)
        ast.fix_missing_locations(after)
        yield *_words(node, after), lambda after=after: place.put(after)
    if _is_removable(place, node):
        gone = ast.copy_location(ast.Pass(), node)
        yield _short(node), "removed", lambda: place.put(gone)


def _words(before: ast.AST, after: ast.AST) -> tuple[str, str]:
    """Return both as text; of a list that has lost one element, that element."""
    for field, value in ast.iter_fields(before):
        kept = getattr(after, field, None)
        if isinstance(value, list) and isinstance(kept, list) and len(kept) < len(value):
            lost = next(node for node in value if all(node is not other for other in kept))
            return _short(lost), "removed"
    return _short(before), _short(after)


def _short(node: ast.AST) -> str:
    match node:
        case ast.If(test) | ast.While(test):
            word = type(node).__name__.lower()
            text = f"{word} {ast.unparse(test)}"
        case ast.match_case(pattern):
            text = f"case {ast.unparse(pattern)}"
        case _:
            text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 100 else f"{text[:70]} ... {text[-27:]}"


def _is_removable(place: Place, node: ast.AST) -> bool:
    """Return whether a statement can go and leave something that runs."""
    match node:
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            return place.field in ("body", "orelse", "finalbody")
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            return True
        case ast.Assign(targets=[ast.Name() as name], value=value):
            # A name that its own value speaks of has a value already.
            return any(isinstance(n, ast.Name) and n.id == name.id for n in ast.walk(value))
        case _:
            return False


def _others(node: ast.AST) -> Iterator[ast.AST]:
    """Return what could stand in the place of `node` by one mistake."""
    for others in (_other_words, _other_sums, _other_statements, _other_lists):
        yield from others(node)


def _other_words(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant():
            yield from _other_constants(node.value)
        case ast.Compare():
            yield from _other_comparisons(node)
        case ast.BoolOp():
            yield from _other_logic(node)
        case ast.Call():
            yield from _other_calls(node)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand


def _other_sums(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.BinOp(left, op, right) if type(op) in RECKONED:
            yield ast.BinOp(left, RECKONED[type(op)](), right)
        case ast.AugAssign(target, op, value) if type(op) in RECKONED:
            yield ast.AugAssign(target, RECKONED[type(op)](), value)
        case ast.Slice(lower, upper, None):
            yield from ([ast.Slice(None, upper)] if lower else [])
            yield from ([ast.Slice(lower, None)] if upper else [])


def _other_statements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            yield from _other_conditions(node)
        case ast.comprehension(target, source, [_, *_]):
            yield ast.comprehension(target, source, [], node.is_async)
        case ast.Return(value) if value is not None and not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Match(subject, cases) if len(cases) > 1:
            for i in range(len(cases)):
                yield ast.Match(subject, cases[:i] + cases[i + 1 :])


def _other_lists(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Tuple(elts, ast.Load()) | ast.List(elts, ast.Load()) | ast.Set(elts):
            yield from _fewer_elements(node, elts)
        case ast.Dict(keys, values):
            for i in range(len(keys)):
                yield ast.Dict(keys[:i] + keys[i + 1 :], values[:i] + values[i + 1 :])
        case ast.MatchOr(patterns):
            for i in range(len(patterns)):
                yield ast.MatchOr(patterns[:i] + patterns[i + 1 :])


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _other_constants(value: object) -> Iterator[ast.AST]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int():
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case float():
            by = 0.01 * abs(value) if value else 1.0
            yield from (ast.Constant(value + by), ast.Constant(value - by))
        case str():
            yield ast.Constant(f"{value}!")
        case bytes():
            yield ast.Constant(value + b"!")


def _other_comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for i, op in enumerate(node.ops):
        for other in COMPARED[type(op)]:
            ops = [*node.ops[:i], other(), *node.ops[i + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)


def _other_logic(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for i in range(len(node.values)):
        rest = node.values[:i] + node.values[i + 1 :]
        yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]


def _other_conditions(node: ast.If | ast.IfExp | ast.While) -> Iterator[ast.AST]:
    # A loop that never ends is no subtle mistake.
    for always in (False,) if isinstance(node, ast.While) else (True, False):
        yield type(node)(ast.Constant(always), node.body, node.orelse)


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    match node.func:
        case ast.Name(name) if name in SWAPPED:
            other = ast.copy_location(ast.Name(SWAPPED[name], ast.Load()), node)
            yield ast.Call(other, node.args, node.keywords)
    match node.func:
        case ast.Name(name) if name in SEEN_THROUGH and (len(node.args) > 1 or name not in SWAPPED):
            yield from (arg for arg in node.args if not isinstance(arg, ast.Starred))
    for i, keyword in enumerate(node.keywords):
        if keyword.arg:
            yield ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1 :])


def _fewer_elements(
    node: ast.Tuple | ast.List | ast.Set, elts: list[ast.expr]
) -> Iterator[ast.AST]:
    for i in range(len(elts)):
        rest = elts[:i] + elts[i + 1 :]
        match node:
            case ast.Set():
                yield from [ast.Set(rest)] if rest else []
            case _:
                yield type(node)(rest, ast.Load())
