"""The least that can answer on a tty: read a frame's bytes, write a set-point's bytes."""

import gc
import os
import sys
import tty

from controller.control import prefer_real_time


def main(path: str, frame_bytes: int, answer_bytes: int) -> None:
    """Echo on the tty at `path` until it ends."""
    tty_fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(tty_fd)
    answer = b"\x01" * answer_bytes
    prefer_real_time()
    gc.collect()
    gc.freeze()
    gc.disable()
    left = frame_bytes
    while True:
        try:
            left -= len(os.read(tty_fd, 65_536))
            if left <= 0:
                left += frame_bytes
                os.write(tty_fd, answer)
        except OSError:
            return  # the device has ended


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
