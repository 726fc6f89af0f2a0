"""Twenty phones: each reads status and images, and asks for the status now and then."""

import asyncio
import json
import random
import signal
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

GET_EVERY_S = 0.2
"""Each phone asks this often, at a time of its own: load that keeps no step with the frames."""


async def watch(port: int, taken: dict[str, int]) -> None:
    """Read the live stream until it ends."""
    async with connect(f"ws://127.0.0.1:{port}/api/v1/live", compression=None) as live:
        try:
            async for message in live:
                taken["images" if isinstance(message, bytes) else "statuses"] += 1
        except ConnectionClosed:
            return


async def ask(port: int, taken: dict[str, int], seed: int) -> None:
    """Ask for the status, again and again, over one connection."""
    chance = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    question = f"GET /api/v1/status HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode()
    while True:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * GET_EVERY_S)
        writer.write(question)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.splitlines()
            if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
        taken["answers"] += 1


async def main(port: int, phones: int) -> None:
    """Be so many phones until told to end, then say what was taken."""
    taken = {"statuses": 0, "images": 0, "answers": 0}
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    tasks = [asyncio.create_task(watch(port, taken)) for _ in range(phones)]
    tasks += [asyncio.create_task(ask(port, taken, seed)) for seed in range(phones)]
    await end.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
