"""A supervisor goes on when nobody takes its words: a full disk must not end a massage."""

import os
import signal

import pytest

from api.supervise import Child, Supervisor

pytestmark = pytest.mark.realtime  # its children are processes


def test_a_child_is_started_again_though_no_byte_can_be_said_about_it():
    said = []
    full = os.open("/dev/full", os.O_WRONLY)

    def say(sentence: str) -> None:
        said.append(sentence)
        if len(said) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        os.write(full, sentence.encode())

    supervisor = Supervisor(
        (Child("no-such-command", ()),),
        is_ready=lambda: True,
        on_ready=lambda: say("ready"),
        warn=say,
    )
    try:
        assert supervisor.run() == 0
    finally:
        os.close(full)
    ended = "no-such-command ended (exit code 2); it is started again, the massage is not."
    assert said == ["ready", ended, ended]
