"""The page in a real browser, on the real API; only the control process is a stand-in."""

import shutil

import pytest

from tests.integration.api.servers import Control, Server, eventually, is_linked

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra e2e")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("needs chromium (on Debian: apt install chromium)")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def control(tmp_path):
    found = Control(tmp_path / "control.sock")
    found.start()
    yield found
    found.end()


@pytest.fixture
def api(control):
    server = Server("serve", control.path)
    try:
        eventually(lambda: is_linked(server))
        yield server
    finally:
        server.end()


@pytest.fixture
def visit(chromium, api):
    """Return a function that opens the page; at the end no page may have complained."""
    contexts, complaints = [], []

    def open_page(
        *, width=390, height=844, locale="en-US", scheme="dark", ready="#beds", **options
    ):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme=scheme,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = complaints
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _note_foreign(request.url, api.port, complaints))
        page.goto(f"http://127.0.0.1:{api.port}/")
        page.wait_for_selector(ready)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note_foreign(url, port, complaints):
    if not url.startswith((f"http://127.0.0.1:{port}/", "data:")):
        complaints.append(f"asked {url}")
