"""Who may pass the gate."""

import pytest

from api.gate import LOCAL_NAMES, refusal

OWN = {"host": "127.0.0.1:8420"}


def status(headers, *, navigation=False):
    found = refusal(headers, navigation_allowed=navigation, hosts=LOCAL_NAMES)
    return 200 if found is None else found[0]


def test_a_program_without_any_page_passes():
    assert status(OWN) == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:80", "127.0.0.1", "[::1]", "[::1]:9"])
def test_the_names_of_this_machine_pass_on_every_port(host):
    assert status({"host": host}) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:localhost",
        "localhost:",
        "localhost:999999",
        "localhost ",
        "localhost,evil.example",
        "127.0.0.1\tx",
        "[::1",
        "::1",
        "127.1",
        "2130706433",
        "localhost\n",
    ],
)
def test_any_other_name_is_refused(host):
    assert status({"host": host}) == 400


def test_a_request_without_a_name_is_refused():
    assert status({}) == 400


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://127.0.0.1:8420", 200),
        ("https://127.0.0.1:8420", 200),
        ("HTTP://127.0.0.1:8420", 200),
        ("http://127.0.0.1:3000", 403),
        ("http://localhost:8420", 403),
        ("http://127.0.0.1:8420.evil.example", 403),
        ("http://evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_a_page_passes_only_from_the_very_same_place(origin, expected):
    assert status({**OWN, "origin": origin}) == expected


@pytest.mark.parametrize(
    ("site", "expected"),
    [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403), ("", 403)],
)
def test_the_browser_is_believed_about_where_a_request_comes_from(site, expected):
    assert status({**OWN, "sec-fetch-site": site}) == expected


def test_a_link_may_lead_to_the_page_but_never_under_a_foreign_name():
    followed = {"sec-fetch-site": "cross-site"}
    assert status({**OWN, **followed}, navigation=True) == 200
    assert status({"host": "evil.example", **followed}, navigation=True) == 400
    assert status({**OWN, **followed, "origin": "http://evil.example"}, navigation=True) == 403
