"""The control loop's own decisions, on a real local socket and without a device."""

import socket
import struct

import pytest

from controller.control import Control
from controller.mail import STOP_FRAME
from controller.mailbox import Mailbox
from controller.settings import default_settings


@pytest.fixture
def control(tmp_path):
    mailbox = Mailbox(tmp_path / "control.sock")
    yield Control(str(tmp_path / "no-port"), mailbox, default_settings(), "test")
    mailbox.close()


def test_a_stop_counts_even_if_its_sender_is_dropped_at_once(control):
    with socket.socket(socket.AF_UNIX) as face:
        face.connect(str(control._mailbox.path))
        (descriptor,) = control._mailbox.accept()
        face.sendall(STOP_FRAME + struct.pack("<I", 0))  # then a frame that is none
        letters = list(control._mailbox.collect(descriptor))
    assert descriptor not in control._mailbox.clients
    assert not control.runner.link.stopping
    control._serve(letters, 0)
    assert control.runner.link.stopping
