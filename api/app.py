"""The HTTP and WebSocket interface."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, FastAPI, Request, Response, WebSocket
from starlette.exceptions import HTTPException

from api import problems
from api.control_link import ControlLink
from api.gate import LOCAL_NAMES, Gate
from api.live import Live
from api.pages import read_atlas, read_pages
from api.schemas import (
    Accepted,
    DeviceWord,
    Nothing,
    Problem,
    Routines,
    SessionWish,
    Status,
    StrictRoute,
)

JSON: Final = "application/json"
NO_STORE: Final = {"cache-control": "no-store"}


def create_app(link: ControlLink, *, version: str, hosts: Collection[str] = LOCAL_NAMES) -> FastAPI:
    """Return the application; it keeps `link` connected while it runs.

    Args:
        link: The way to the control process.
        version: Version of Podal, shown in the OpenAPI document.
        hosts: Names under which the server may be called, without port.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(link.keep_connected())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    app = FastAPI(
        title="Podal",
        version=version,
        description="A foot massager that feels the sole. The protective stop is the button on the "
        "machine; POST /api/v1/stop is a convenience beside it.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    problems.install(app)
    app.include_router(_reading(link))
    app.include_router(_acting(link))
    app.include_router(_pages())
    app.add_middleware(Gate, hosts=hosts)
    return app


def _reading(link: ControlLink) -> APIRouter:
    routes = APIRouter()
    live = Live(link)
    atlas = read_atlas()

    @routes.get("/healthz", tags=["health"])
    async def health() -> dict[str, str]:
        """Tell that this process serves, and who it is; says nothing about the device."""
        return {"status": "ok", "name": "podal"}

    @routes.get("/api/v1/status", tags=["state"], responses={200: {"model": Status}})
    async def status() -> Response:
        """Return the newest snapshot."""
        return Response(link.newest().status, media_type=JSON, headers=NO_STORE)

    @routes.get(
        "/api/v1/routines", tags=["state"], responses={200: {"model": Routines}, **_problems(503)}
    )
    async def routines() -> Response:
        """Return the routine library."""
        reply = await link.ask("routines")
        return _json({"routines": reply["routines"]})

    @routes.get("/api/v1/atlas", tags=["state"], responses={200: {"content": {JSON: {}}}})
    async def zone_atlas(request: Request) -> Response:
        """Return outline, regions and zones of the sole in foot coordinates."""
        return atlas.response(request)

    @routes.websocket("/api/v1/live")
    async def stream(socket: WebSocket) -> None:
        """Send each snapshot: a text message with the status, a binary one with the image."""
        await live.serve(socket)

    return routes


def _acting(link: ControlLink) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["session"], route_class=StrictRoute)
    refusals = {**_problems(409, 413, 415, 422, 503)}
    accepted: dict[int | str, dict[str, Any]] = {200: {"model": Accepted}, **refusals}

    @routes.post(
        "/session",
        status_code=201,
        responses={201: {"model": Accepted}, **refusals, **_problems(404)},
    )
    async def start(wish: SessionWish) -> Response:
        """Ask for a massage; it begins after a human act at the machine."""
        reply = await link.ask(
            "start", routine=wish.routine, minutes=wish.minutes, level=wish.level
        )
        return _json(dict(reply), 201)

    @routes.post("/session/pause", responses=accepted)
    async def pause(_: Annotated[Nothing | None, Body()] = None) -> Response:
        """Let go and wait."""
        return _json(dict(await link.ask("pause")))

    @routes.post("/session/resume", responses=accepted)
    async def resume(_: Annotated[Nothing | None, Body()] = None) -> Response:
        """Go on after a pause."""
        return _json(dict(await link.ask("resume")))

    @routes.post("/acknowledge", responses=accepted)
    async def acknowledge(_: Annotated[Nothing | None, Body()] = None) -> Response:
        """Clear a latched fault whose cause is gone: a human act."""
        return _json(dict(await link.ask("acknowledge")))

    @routes.post("/device/accept", responses=accepted)
    async def accept_device(word: Annotated[DeviceWord | None, Body()] = None) -> Response:
        """Work with the machine that is connected now instead of the one before: a human act."""
        device_id = word.device_id if word else None
        return _json(dict(await link.ask("accept_device", device_id=device_id)))

    @routes.post("/stop", tags=["stop"], responses={200: {"model": Accepted}, **_problems(503)})
    async def stop() -> Response:
        """Stop the massage. No login, any body, any number of times."""
        await link.stop()
        return _json({"ok": True})

    return routes


def _pages() -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    pages = read_pages()

    @routes.get("/")
    async def start_page(request: Request) -> Response:
        return pages["index.html"].response(request)

    @routes.get("/static/{path:path}")
    async def page_file(path: str, request: Request) -> Response:
        page = pages.get(path)
        if page is None:
            raise HTTPException(404)
        return page.response(request)

    return routes


def _problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    return {code: {"model": Problem, "description": "Problem"} for code in codes}


def _json(body: dict[str, Any], status: int = 200) -> Response:
    body.pop("id", None)
    return Response(json.dumps(body), status, media_type=JSON, headers=NO_STORE)
