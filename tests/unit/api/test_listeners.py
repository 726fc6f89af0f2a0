"""Where Podal listens."""

import os
import socket

import pytest

from api.errors import PortTakenError, SocketFolderError
from api.listeners import (
    control_answers,
    default_socket_path,
    is_loopback,
    listen,
    prepare_socket_folder,
)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_addresses_of_this_machine_alone(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "podal.local", ""])  # noqa: S104
def test_addresses_others_could_reach(host):
    assert not is_loopback(host)


def test_a_port_that_is_taken_names_itself_and_the_way_out():
    with listen("127.0.0.1", 0, option="--port") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError) as refused:
            listen("127.0.0.1", port, option="--stop-port")
    assert str(port) in str(refused.value)
    assert "--stop-port" in str(refused.value)


def test_an_address_that_is_not_ours_is_told_as_it_is():
    with pytest.raises(PortTakenError) as refused:
        listen("192.0.2.1", 8420, option="--port")  # TEST-NET-1 (RFC 5737), never an address here
    assert "already served" not in str(refused.value)


def test_a_port_is_free_again_at_once():
    with listen("127.0.0.1", 0, option="--port") as first:
        port = first.getsockname()[1]
    with listen("127.0.0.1", port, option="--port"):
        pass


def test_the_socket_lies_in_the_folder_of_the_person(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert default_socket_path(8420) == tmp_path / "podal" / "control-8420.sock"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "absent"))
    assert str(os.getuid()) in default_socket_path(8420).parent.name


def test_the_folder_is_private(tmp_path):
    path = tmp_path / "podal" / "c.sock"
    prepare_socket_folder(path)
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_others_may_write_to_is_refused(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(SocketFolderError, match="others may write"):
        prepare_socket_folder(folder / "c.sock")


def test_a_link_is_no_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(SocketFolderError, match="not a folder"):
        prepare_socket_folder(tmp_path / "link" / "c.sock")


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SocketFolderError, match=r"--socket"):
        prepare_socket_folder(tmp_path / "file" / "c.sock")


def test_a_path_that_is_too_long_for_a_socket_is_refused(tmp_path):
    with pytest.raises(SocketFolderError, match="too long"):
        prepare_socket_folder(tmp_path / ("x" * 100) / "c.sock")


def test_a_control_process_answers_only_while_it_listens(tmp_path):
    path = tmp_path / "c.sock"
    assert not control_answers(path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        assert control_answers(path)
    assert not control_answers(path)
