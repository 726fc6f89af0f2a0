"""The phone page: a handful of small files, read once at start and served from memory."""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One file as it is sent."""

    body: bytes
    media_type: str
    etag: str

    def response(self, request: Request) -> Response:
        """Return the file, or 304 when the browser already has this very version."""
        headers = {"etag": self.etag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type=self.media_type, headers=headers)


def read_pages() -> dict[str, Page]:
    """Return all files of the phone page by their path below `static/`."""
    return dict(_walk(files("api") / "static", ""))


def read_atlas() -> Page:
    """Return the zone atlas of the perception stage, with the outline the zones lie in.

    The outline repeats `controller.geometry`, which needs numpy; a test holds both equal.
    """
    atlas = json.loads((files("controller") / "data" / "atlas.json").read_bytes())
    atlas["outline"] = json.loads((files("api") / "static" / "outline.json").read_bytes())
    return _page(json.dumps(atlas, ensure_ascii=False).encode(), ".json")


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Page]]:
    found: list[tuple[str, Page]] = []
    for entry in folder.iterdir():
        suffix = f".{entry.name.rpartition('.')[2]}"
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif suffix in MEDIA_TYPES:
            found.append((prefix + entry.name, _page(entry.read_bytes(), suffix)))
    return found


def _page(body: bytes, suffix: str) -> Page:
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return Page(body, MEDIA_TYPES[suffix], etag)
