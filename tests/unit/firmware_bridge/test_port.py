"""The serial port on a pty."""

import os
import pty
import threading
import tty

import pytest

from firmware_bridge.codec import decode_down, encode
from firmware_bridge.errors import LinkLostError
from firmware_bridge.framing import STOP, DownDecoder, wrap_down
from firmware_bridge.messages import BedTarget, SetPoint
from firmware_bridge.outbox import Outbox
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


TARGET = BedTarget(0, 0, 0, 0, 0, 0, 0, 0, 0, 255)


def set_point(counter):
    return wrap_down(encode(SetPoint(1, 60, 0, 4, TARGET, TARGET), nonce=7, counter=counter))


def flush(outbox, port):
    while data := outbox.next_bytes():
        count = port.write_some(data)
        outbox.wrote(count, 0)
        if not count:
            return


def test_a_device_that_stops_reading_hears_whole_messages_and_then_the_newest(wire):
    master, port = wire
    os.set_blocking(master, False)
    outbox, counter = Outbox(), 0
    while outbox.replaced < 500:
        counter += 1
        outbox.put_latest(set_point(counter))
        flush(outbox, port)
    decoder, heard = DownDecoder(), []
    while outbox.waits or heard[-1:] != [counter]:
        try:
            payloads = decoder.feed(os.read(master, 4096))
        except BlockingIOError:
            payloads = []
        heard += [decode_down(payload)[0].counter for payload in payloads]
        flush(outbox, port)
    assert decoder.stats.bad_crc == 0
    assert len(heard) == counter - outbox.replaced


def test_a_stop_is_the_next_thing_a_full_port_sends(wire):
    master, port = wire
    os.set_blocking(master, False)
    outbox, counter, decoder = Outbox(), 0, DownDecoder()
    while outbox.replaced < 3:
        counter += 1
        outbox.put_latest(set_point(counter))
        flush(outbox, port)
    outbox.put_stop(STOP)
    heard = []
    while outbox.waits or not decoder.stops:
        try:
            payloads = decoder.feed(os.read(master, 4096))
        except BlockingIOError:
            payloads = []
        heard += [decode_down(payload)[0].counter for payload in payloads]
        flush(outbox, port)
    assert decoder.stops == 1
    assert heard[-1] < counter
