"""The serial port on a pty."""

import os
import pty
import threading
import tty

import pytest

from firmware_bridge.errors import LinkLostError
from firmware_bridge.port import SerialPort


@pytest.fixture
def wire():
    master, slave = pty.openpty()
    tty.setraw(slave)
    port = SerialPort(os.ttyname(slave))
    yield master, port
    port.close()
    os.close(slave)
    os.close(master)


def test_a_device_that_takes_nothing_is_lost(wire):
    _, port = wire
    with pytest.raises(LinkLostError):
        port.write(bytes(1 << 20))


def test_more_than_the_system_holds_is_sent_while_the_device_reads(wire):
    master, port = wire
    heard = bytearray()

    def listen():
        while len(heard) < 200_000:
            heard.extend(os.read(master, 4096))

    reader = threading.Thread(target=listen)
    reader.start()
    port.write(bytes(range(200)) * 1000)
    reader.join(5)
    assert bytes(heard) == bytes(range(200)) * 1000
