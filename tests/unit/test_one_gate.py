"""Whatever moves a head goes through one gate."""

import ast
from pathlib import Path

PRODUCT = ("api", "controller", "firmware_bridge")
PROJECT = Path(__file__).resolve().parent.parent.parent
DESCRIBED_IN = {"firmware_bridge/messages.py", "firmware_bridge/codec.py"}


def calls(name: str) -> set[str]:
    found = set()
    for package in PRODUCT:
        for path in (PROJECT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name:
                    found.add(path.relative_to(PROJECT).as_posix())
    return found - DESCRIBED_IN


def test_only_what_comes_out_of_the_governor_becomes_a_set_point():
    assert calls("SetPoint") == calls("BedTarget") == {"controller/orders.py"}
    assert calls("govern") == {"controller/orders.py"}


def test_a_target_is_made_of_what_was_given_and_of_nothing_else():
    tree = ast.parse((PROJECT / "controller/orders.py").read_text("utf-8"))
    (target,) = (
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "_target"
    )
    (call,) = (
        node
        for node in ast.walk(target)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "BedTarget"
    )
    sources = {word.arg: ast.unparse(word.value) for word in call.keywords}
    for name in ("x_um", "y_um", "feed_um_s", "force_mn", "slew_mn_s", "limit_mn"):
        assert "given." in sources[name]
    assert {sources["spin_mrpm"], sources["vibration_hz"]} == {"0"}
