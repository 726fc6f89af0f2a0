"""The usual design, for comparison only: the control loop as a thread of the API's process."""

import sys
import threading
from pathlib import Path

from api.listeners import listen
from api.server import serve
from controller.control import main as control


def main(device: str, socket_path: Path, port: int) -> int:
    """Serve the API from a thread and control the device from this one, which takes signals."""
    listener = listen("127.0.0.1", port, option="--port")
    threading.Thread(
        target=serve,
        args=(listener,),
        kwargs={"host": "127.0.0.1", "control_socket": socket_path, "version": "bench"},
        daemon=True,
    ).start()
    return control(device, socket_path, "bench")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
