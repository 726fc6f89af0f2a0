"""Servers shared by the tests of a module; a test that breaks one uses servers of its own."""

import pytest

from tests.integration.api.servers import Control, Server, eventually, is_linked


@pytest.fixture(scope="module")
def control(tmp_path_factory):
    found = Control(tmp_path_factory.mktemp("control") / "control.sock")
    found.start()
    yield found
    found.end()


@pytest.fixture(scope="module")
def api(control):
    server = Server("serve", control.path)
    try:
        eventually(lambda: is_linked(server))
        yield server
    finally:
        server.end()


@pytest.fixture(scope="module")
def lane(control):
    server = Server("stop-lane", control.path)
    try:
        eventually(lambda: server.json("POST", "/stop")[0] == 200)
        yield server
    finally:
        server.end()


@pytest.fixture
def calm(control):
    """The stand-in as it started."""
    control.refuse(None)
    control.ask(do="reset")
    return control


@pytest.fixture
def own_control(tmp_path):
    """A control process this test may freeze or kill."""
    found = Control(tmp_path / "control.sock")
    found.start()
    yield found
    found.end()


@pytest.fixture
def own_api(own_control):
    """An API process that belongs to `own_control`."""
    server = Server("serve", own_control.path)
    try:
        eventually(lambda: is_linked(server))
        yield server
    finally:
        server.end()


@pytest.fixture
def own_lane(own_control):
    """A stop lane that belongs to `own_control`."""
    server = Server("stop-lane", own_control.path)
    try:
        eventually(lambda: server.json("POST", "/stop")[0] == 200)
        yield server
    finally:
        server.end()
