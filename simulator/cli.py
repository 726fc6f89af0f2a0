"""What `podal-sim` understands. Heavy imports wait until a command needs them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from simulator.errors import FaultError, SimulatorError
from simulator.plant.people import PEOPLE
from simulator.plant.person_acts import ACTS

DEFAULT_LINK = ".run/device"


def _link_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--link",
        type=click.Path(path_type=Path),
        default=DEFAULT_LINK,
        show_default=True,
        help="Path that leads to the device's port.",
    )(command)


@click.group()
def cli() -> None:
    """A foot massager made of arithmetic, behind the same bytes as a real one."""


@cli.command()
@_link_option
@click.option("--foot", type=click.Choice(sorted(PEOPLE)), default="adult", show_default=True)
@click.option("--replay", metavar="FILE[:KEY]", help="Stand a recorded foot on the beds.")
@click.option("--replay-side", type=click.Choice(["left", "right"]), help="Side of that foot.")
@click.option("--replay-pitch-mm", type=float, help="Pitch of that recording, if it is not in it.")
@click.option("--person", type=click.Choice(["auto", "manual"]), default="auto", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--fault", "faults", multiple=True, metavar="SPEC", help="Break something.")
@click.option("--trace", type=click.Path(path_type=Path, dir_okay=False), help="Write the truth.")
@click.option("--stats", type=click.Path(path_type=Path, dir_okay=False), help="Write counts.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def serve(
    link: Path,
    foot: str,
    replay: str | None,
    replay_side: str | None,
    replay_pitch_mm: float | None,
    person: str,
    seed: int,
    faults: tuple[str, ...],
    trace: Path | None,
    stats: Path | None,
    command: tuple[str, ...],
) -> None:
    """Serve a device at a path until interrupted, or beside `-- COMMAND` until that ends.

    `podal-sim faults` lists what can be broken.
    """
    from simulator.device import Device  # noqa: PLC0415
    from simulator.feet_chooser import named_feet, recorded_feet  # noqa: PLC0415
    from simulator.serve import Outputs, Server  # noqa: PLC0415
    from simulator.trace import Trace  # noqa: PLC0415

    try:
        feet = (
            recorded_feet(replay, person=foot, side=replay_side, pitch_mm=replay_pitch_mm)
            if replay
            else named_feet(foot, seed=seed)
        )
        record = Trace(seed=seed, person=replay or foot) if trace else None
        device = Device(
            feet, seed=seed, auto=person == "auto", trace=record, faults="; ".join(faults)
        )
        server = Server(device, link, words=command, outputs=Outputs(trace=trace, stats=stats))
        code = server.run()
    except (SimulatorError, OSError) as error:
        _fail(error)
    sys.exit(code)


@cli.command()
@_link_option
@click.argument("act", type=click.Choice(ACTS))
def person(link: Path, act: str) -> None:
    """Tell the person at a running device what to do."""
    _steer(link, {"do": "person", "act": act})


@cli.command()
@_link_option
@click.argument("act", type=click.Choice(["unplug", "replug"]))
def cable(link: Path, act: str) -> None:
    """Pull the cable of a running device, or put it back."""
    _steer(link, {"do": "cable", "act": act})


@cli.command()
@click.option("--port", type=click.Path(path_type=Path), help="Port of the device.")
@click.option(
    "--bench",
    type=click.Path(path_type=Path, exists=True),
    help="Socket or tty of its bench channel.  [default: PORT.sock, if there is one]",
)
@click.option("--only", metavar="GLOB", default="*", help="Ask these cases only: stop.*, mask.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--quick", is_flag=True, help="Leave out what takes longer than 5 s.")
@click.option("--long", is_flag=True, help="Wait for what takes minutes, too.")
@click.option("--attended", is_flag=True, help="A person at the machine presses START when asked.")
@click.option("--list", "listing", is_flag=True, help="List the cases and ask none.")
def conformance(
    port: Path | None,
    bench: Path | None,
    only: str,
    json_file: Path | None,
    quick: bool,
    long: bool,
    attended: bool,
    listing: bool,
) -> None:
    """Ask a device whether it does what docs/reference/protocol.md says.

    Exit code 0: all passed; 1: failures; 2: usage; 3: no device answers.
    """
    from simulator.conformance import command as suite  # noqa: PLC0415

    if listing:
        sys.exit(suite.listing(only))
    if port is None:
        raise click.UsageError("name the device's port with --port, or see the cases with --list")
    if quick and long:
        raise click.UsageError("--quick and --long exclude each other")
    sys.exit(
        suite.conformance(
            port,
            bench=bench,
            only=only,
            json_file=json_file,
            quick=quick,
            long=long,
            attended=attended,
        )
    )


@cli.command()
@click.option("--runs", type=click.IntRange(min=0), default=2000, show_default=True)
@click.option("--clean", type=click.IntRange(min=0), default=300, show_default=True)
@click.option("--stops", type=click.IntRange(min=0), default=60, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes.  [default: one a core]")
@click.option("--window", "window_s", type=click.IntRange(5, 600), default=20, show_default=True)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--trace-dir", type=click.Path(path_type=Path, file_okay=False))
@click.option("--only", multiple=True, metavar="LINE", help="Do these runs again, and keep them.")
@click.option("--part", metavar="K/N", default="1/1", help="Do one part of N of the runs.")
def campaign(
    runs: int,
    clean: int,
    stops: int,
    seed: int,
    jobs: int | None,
    window_s: int,
    json_file: Path | None,
    trace_dir: Path | None,
    only: tuple[str, ...],
    part: str,
) -> None:
    """Break everything there is at every moment of a massage, and judge what comes of it.

    --runs with a fault, --clean without one, --stops with a STOP and a third as many with a lost
    link; each goes on for --window seconds.
    Exit code 0: nothing wrong; 1: violations, trips in clean runs, or runs without an outcome.
    """
    import os  # noqa: PLC0415

    # Before numpy is loaded: forks are cheap and sums are the same each time with one thread.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from simulator.campaign import command as fault_runs  # noqa: PLC0415
    from simulator.campaign.case import CaseError  # noqa: PLC0415
    from simulator.campaign.draw import Size  # noqa: PLC0415
    from simulator.campaign.window import Terms  # noqa: PLC0415

    try:
        cases = fault_runs.chosen(Size(runs, clean, stops), seed, only, fault_runs.read_part(part))
        code = fault_runs.campaign(
            cases,
            seed=seed,
            jobs=jobs,
            terms=Terms(window_s, trace_dir, keep_all=bool(only)),
            report=json_file,
        )
    except CaseError as error:
        raise click.UsageError(str(error)) from error
    except (SimulatorError, OSError) as error:
        _fail(error)
    sys.exit(code)


@cli.command()
@_link_option
@click.option("--clear", is_flag=True, help="End all faults first.")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
def fault(link: Path, clear: bool, specs: tuple[str, ...]) -> None:
    """Break something in a running device, such as `load_cell.left=stuck for 200ms`."""
    from simulator.faults.registry import read_faults  # noqa: PLC0415

    if not specs and not clear:
        raise click.UsageError("say what to break, or --clear; podal-sim faults lists it")
    text = "; ".join(specs)
    try:
        if text:
            read_faults(text)
    except FaultError as error:
        _fail(error)
    if clear:
        _steer(link, {"do": "clear"})
    if text:
        _steer(link, {"do": "fault", "spec": text})


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def faults(as_json: bool) -> None:
    """List what can be broken, how, and which hazard rows that serves."""
    from simulator.faults.listing import as_table, as_text  # noqa: PLC0415

    click.echo(as_text() if as_json else as_table(), nl=False)


@cli.command()
@_link_option
@click.argument("act", type=click.Choice(["cycle", "off", "on"]))
def power(link: Path, act: str) -> None:
    """Switch a running device off and on."""
    _steer(link, {"do": "power", "act": act})


@cli.command()
@_link_option
@click.argument("act", type=click.Choice(["on", "off"]))
def key(link: Path, act: str) -> None:
    """Turn the technician's key switch of a running device."""
    _steer(link, {"do": "key", "on": act == "on"})


@cli.command()
@_link_option
def truth(link: Path) -> None:
    """Print what is true in a running device, as JSON."""
    import json  # noqa: PLC0415

    click.echo(json.dumps(_steer(link, {"do": "truth"}), indent=2))


@cli.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False), metavar="TRACE")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--list", "listed", is_flag=True, help="List what is judged, and what cannot be.")
def check(files: tuple[Path, ...], as_json: bool, listed: bool) -> None:
    """Judge traces by every promise of safety that a trace can decide.

    Exit code 0: all hold; 1: violations; 2: usage, or a file that is not a trace.
    """
    from simulator.checker import command as checker  # noqa: PLC0415

    if listed:
        click.echo(checker.listing(), nl=False)
        return
    if not files:
        raise click.UsageError("name a trace; podal-sim serve --trace FILE.npz writes one")
    sys.exit(checker.check(files, as_json=as_json))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def trace(file: Path) -> None:
    """Summarise a trace."""
    from simulator.trace_summary import summarise  # noqa: PLC0415

    try:
        click.echo(summarise(file), nl=False)
    except SimulatorError as error:
        _fail(error)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@click.option(
    "--pytest",
    "case",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.py",
    help="Write a pytest case that replays it, and its data beside it.",
)
def replay(file: Path, as_json: bool, case: Path | None) -> None:
    """Run a black box again, and compare every byte that the controller sent.

    Exit code 0: the same bit for bit; 1: not the same; 2: not a black box that can be run.
    """
    from simulator.replay_command import replay_command  # noqa: PLC0415

    sys.exit(replay_command(file, as_json=as_json, case=case))


def _steer(link: Path, request: dict[str, Any]) -> dict[str, Any]:
    from simulator.steering import ask  # noqa: PLC0415

    try:
        answer = ask(link, request)
    except SimulatorError as error:
        _fail(error)
    if not answer.get("ok"):
        click.echo(f"podal-sim: {answer.get('detail', 'refused')}", err=True)
        sys.exit(1)
    return answer


def _fail(error: Exception) -> NoReturn:
    click.echo(f"podal-sim: {error}", err=True)
    sys.exit(2 if isinstance(error, FaultError) else 1)
