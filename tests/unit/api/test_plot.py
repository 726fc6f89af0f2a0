import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from api.cli import podal
from api.plot import PlotError, require_drawing
from controller.geometry import Grid, Side
from tests.soles import Stand, drawn_sole

GRID = Grid(32, 16, pitch_x_mm=10.0, pitch_y_mm=10.0)


def _saved(folder: Path, image: np.ndarray) -> Path:
    path = folder / "feet.npz"
    np.savez(path, frames=image, pitch_mm=10.0)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_foot_is_drawn(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib", reason="drawing is an extra")
    file = _saved(tmp_path, drawn_sole(GRID, Stand(side=Side.LEFT)))
    picture = tmp_path / f"sole{suffix}"
    result = CliRunner().invoke(podal, ["map", str(file), "--json", "--plot", str(picture)])
    assert result.exit_code == 0
    head = picture.read_bytes()[:400]
    assert head.startswith(b"\x89PNG") if suffix == ".png" else b"<svg" in head or b"<?xml" in head
    if suffix == ".svg":
        drawing = picture.read_text()
        assert all(f"<!-- {no} -->" in drawing for no in (1, 14, 33, 36))
        assert "<!-- 18 -->" not in drawing  # a zone of the right foot


def test_an_empty_bed_is_drawn_without_a_sole(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="drawing is an extra")
    file = _saved(tmp_path, np.zeros(GRID.shape, dtype=np.float32))
    picture = tmp_path / "sole.svg"
    result = CliRunner().invoke(podal, ["map", str(file), "--plot", str(picture)])
    assert result.exit_code == 0
    assert "<!-- none: no_load -->" in picture.read_text()


def test_a_place_without_a_folder_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlotError, match="does not exist: make it"):
        require_drawing(tmp_path / "none" / "sole.png")
    with pytest.raises(PlotError, match="end it in"):
        require_drawing(tmp_path / "sole.doc")


def test_without_matplotlib_the_next_step_is_named_and_nothing_is_computed(tmp_path: Path) -> None:
    file = _saved(tmp_path, drawn_sole(GRID, Stand()))
    words = ["map", str(file), "--json", "--plot", str(tmp_path / "sole.png")]
    script = (
        f"import sys; sys.modules['matplotlib'] = None; from api.cli import podal; podal({words})"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith("podal: Drawing needs matplotlib")
    assert "pip install" in run.stderr


def test_the_command_line_starts_without_numpy_or_matplotlib() -> None:
    script = "import sys, api.cli; print(sorted({'numpy', 'matplotlib'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
