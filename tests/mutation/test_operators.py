"""The mutants themselves: what is changed, what is left alone, and which may survive."""

import ast
from pathlib import Path

import pytest

from tests.mutation.__main__ import ROOT, TESTS, listed
from tests.mutation.operators import mutants


def changes(source: str) -> dict[str, str]:
    """Return each change of `source` with what the whole then reads."""
    tree = ast.parse(source)
    found = {}
    for index, mutant in enumerate(mutants(tree, source)):
        fresh = ast.parse(source)
        mutants(fresh, source)[index].apply()
        found[mutant.change] = ast.unparse(fresh)
    return found


@pytest.mark.parametrize(
    ("source", "change", "after"),
    [
        ("a < b", "a < b -> a <= b", "a <= b"),
        ("a < b", "a < b -> a >= b", "a >= b"),
        ("0 <= a < b", "0 <= a < b -> 0 <= a <= b", "0 <= a <= b"),
        ("a is b", "a is b -> a is not b", "a is not b"),
        ("a + b", "a + b -> a - b", "a - b"),
        ("a += b", "a += b -> a -= b", "a -= b"),
        ("x = 5", "5 -> 6", "x = 6"),
        ("x = 5", "5 -> 4", "x = 4"),
        ("x = 2.0", "2.0 -> 2.02", "x = 2.02"),
        ("x = 0.0", "0.0 -> -1.0", "x = -1.0"),
        ("x = True", "True -> False", "x = False"),
        ("x = 'code'", "'code' -> 'code!'", "x = 'code!'"),
        ("f(x=3)", "x=3 -> removed", "f()"),
        ("def f(a=1): return a", "1 -> 2", "def f(a=2):\n    return a"),
        ("def f(): return a", "return a -> return None", "def f():\n    return None"),
        ("not a", "not a -> a", "a"),
        ("a and b", "a and b -> a or b", "a or b"),
        ("a and b", "a and b -> a", "a"),
        ("a and b", "a and b -> b", "b"),
        ("min(a, b)", "min(a, b) -> max(a, b)", "max(a, b)"),
        ("max(a, 0)", "max(a, 0) -> a", "a"),
        ("abs(a)", "abs(a) -> a", "a"),
        ("if a: b()", "if a -> if True", "if True:\n    b()"),
        ("if a: b()", "if a -> if False", "if False:\n    b()"),
        ("if a: b()", "b() -> removed", "if a:\n    pass"),
        ("a.b = c", "a.b = c -> removed", "pass"),
        ("a = f(a)", "a = f(a) -> removed", "pass"),
        ("x = a[1:b]", "1:b -> :b", "x = a[:b]"),
        ("x = (a, b)", "b -> removed", "x = (a,)"),
        ("x = {a: b}", "a -> removed", "x = {}"),
        ("[a for a in b if c]", "c -> removed", "[a for a in b]"),
    ],
)
def test_each_small_mistake_is_made(source, change, after):
    found = changes(source)
    assert found[change] == after


@pytest.mark.parametrize(
    "source",
    [
        '"""Text for people."""',
        "x: Literal[5]",
        "@dataclass(frozen=True)\nclass A(Base[5]):\n    x: int",
        "def f(a: Literal[5]) -> Literal[5]:\n    ...",
        "import a",
    ],
)
def test_what_changes_nothing_that_runs_is_left_alone(source):
    assert changes(source) == {}


def test_every_change_has_a_name_of_its_own_that_does_not_count_lines():
    source = "def f(a):\n    return max(a, 0.0, 0.0)\n"
    found = mutants(ast.parse(source), source)
    keys = [mutant.key for mutant in found]
    assert len(set(keys)) == len(keys)
    assert keys == [mutant.key for mutant in mutants(ast.parse(f"\n{source}"), f"\n{source}")]


@pytest.mark.parametrize("module", TESTS)
def test_each_survivor_that_is_listed_is_a_mutant_of_the_module_as_it_is(module):
    source = (ROOT / Path(*module.split(".")).with_suffix(".py")).read_text("utf-8")
    known = {mutant.key for mutant in mutants(ast.parse(source), source)}
    named = {key[1:]: why for key, why in listed().items() if key[0] == module}
    assert set(named) <= known
    assert all(len(why) > 20 for why in named.values())


def test_nothing_else_is_listed():
    assert {key[0] for key in listed()} <= set(TESTS)
