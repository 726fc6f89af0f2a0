"""Errors as RFC 9457 problem+json: the one place where an error becomes HTTP."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.errors import ControlRefusedError, ControlUnreachableError
from api.schemas import DeviceWord, SessionWish
from api.sentences import refusal_sentence

MEDIA_TYPE: Final = "application/problem+json"
REFUSAL_STATUS: Final[Mapping[str, int]] = {
    "unknown_routine": 404,
    "no_device": 503,
    "bad_request": 422,
}
"""Status of each refusal of the control process; every other refusal is a conflict (409)."""

MAX_REPORTED_ERRORS: Final = 16
_FIELDS: Final = (*SessionWish.model_fields, *DeviceWord.model_fields)


def problem_body(status: int, code: str, detail: str, **more: object) -> bytes:
    """Return a problem document; `code` is for programs, `detail` for people."""
    title = HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status, "code": code, **more}
    return json.dumps({**document, "detail": detail}, allow_nan=False).encode()


def problem(status: int, code: str, detail: str, **more: object) -> Response:
    """Return the response for one problem."""
    return Response(problem_body(status, code, detail, **more), status, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.add_exception_handler(ControlUnreachableError, _unreachable)
    app.add_exception_handler(ControlRefusedError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _unreachable(_: Request, error: Exception) -> Response:
    assert isinstance(error, ControlUnreachableError)  # noqa: S101 - narrows the type
    return problem(503, error.code, str(error))


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ControlRefusedError)  # noqa: S101 - narrows the type
    detail = refusal_sentence(error.code, error.detail)
    return problem(REFUSAL_STATUS.get(error.code, 409), error.code, detail)


async def _invalid(_: Request, error: Exception) -> Response:
    """Name each wrong place and why, and never echo what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the type
    errors = error.errors()[:MAX_REPORTED_ERRORS]
    found = [{"where": _place(one["loc"]), "why": one["type"]} for one in errors]
    return problem(422, "invalid", _first_fault(errors[0]), errors=found)


def _first_fault(one: Mapping[str, Any]) -> str:
    place = _place(one["loc"]).removeprefix("body").strip("/")
    if one["type"] == "json_invalid":
        return "The body is not strict JSON: no NaN, no Infinity, no key twice."
    if one["type"] == "extra_forbidden":
        return f"The body holds a field that is not known; known are {', '.join(_FIELDS)}."
    return f"{place or 'The body'}: {one['msg']}."


def _place(loc: tuple[str | int, ...]) -> str:
    """Return the path of a field; names the client made up are left out."""
    known = {"body", "query", "path", *_FIELDS}
    return "/".join(part if part in known else "?" for part in map(str, loc))


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows the type
    status = HTTPStatus(error.status_code)
    answer = problem(status, status.name.lower(), f"{status.description or status.phrase}.")
    answer.headers.update(error.headers or {})
    return answer


async def _unexpected(_: Request, __: Exception) -> Response:
    return problem(500, "internal", "Podal made a mistake; the massage is not affected.")
