"""Where the device is remembered."""

from pathlib import Path

import pytest

from api.state_folder import default_state_folder


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"HOME": "/home/a"}, "/home/a/.local/state/podal"),
        ({"HOME": "/home/a", "XDG_STATE_HOME": "/var/a"}, "/var/a/podal"),
        ({"HOME": "/home/a", "XDG_STATE_HOME": "not/absolute"}, "/home/a/.local/state/podal"),
        ({"HOME": "/home/a", "STATE_DIRECTORY": "/var/lib/podal"}, "/var/lib/podal"),
        ({"STATE_DIRECTORY": "/var/lib/podal:/var/lib/more"}, "/var/lib/podal"),
    ],
)
def test_the_folder_is_the_service_s_or_the_person_s_own(environ, folder):
    assert default_state_folder(environ) == Path(folder)


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "relative"}])
def test_a_user_without_a_home_has_none(environ):
    assert default_state_folder(environ) is None
