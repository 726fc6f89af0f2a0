"""The live stream: newest snapshot to every phone, and nobody waits for a slow one."""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from api.control_link import ControlLink

SEND_TIMEOUT_S: Final = 0.5
HEARTBEAT_S: Final = 0.2
"""Without news the last status is repeated: a page that hears nothing knows it is cut off."""

MAX_CLIENTS: Final = 32
TRY_AGAIN_LATER: Final = 1013


class Live:
    """Relays snapshots to WebSocket clients; a client that is behind skips to the newest."""

    def __init__(self, link: ControlLink) -> None:
        self._link = link
        self._clients = 0

    async def serve(self, socket: WebSocket) -> None:
        """Serve one client until it leaves, or until it did not take a message in time."""
        await socket.accept()
        if self._clients >= MAX_CLIENTS:
            await socket.close(TRY_AGAIN_LATER)
            return
        self._clients += 1
        tasks = {asyncio.create_task(self._send(socket)), asyncio.create_task(_listen(socket))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._clients -= 1
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, socket: WebSocket) -> None:
        """Send until cancelled; raises TimeoutError when this client does not take a message."""
        status_no = image_no = None
        while True:
            newest = self._link.newest()
            async with asyncio.timeout(SEND_TIMEOUT_S):
                if newest.status_no != status_no:
                    await socket.send_text(newest.status)
                if newest.image is not None and newest.image_no != image_no:
                    await socket.send_bytes(newest.image)
            status_no, image_no = newest.status_no, newest.image_no
            if not await self._link.wait_newer(newest, timeout_s=HEARTBEAT_S):
                status_no = None


async def _listen(socket: WebSocket) -> None:
    """Read and forget what a client says, until it leaves."""
    with suppress(WebSocketDisconnect):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
