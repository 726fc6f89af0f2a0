"""The phone page as files."""

import json
import re

import numpy as np

from api.pages import read_atlas, read_pages
from controller.geometry import OUTLINE_LATERAL, OUTLINE_MEDIAL, OUTLINE_U


def test_the_outline_of_the_page_is_that_of_the_controller():
    outline = np.array(json.loads(read_atlas().body)["outline"])
    assert np.array_equal(outline, np.column_stack([OUTLINE_U, OUTLINE_MEDIAL, OUTLINE_LATERAL]))


def test_the_page_fetches_nothing_from_elsewhere():
    for path, page in read_pages().items():
        found = re.findall(rb"https?://[^\s\"'<)]+", page.body)
        assert [url for url in found if url != b"http://www.w3.org/2000/svg"] == [], path


def test_everything_the_page_names_is_served():
    pages = read_pages()
    html = pages["index.html"].body.decode()
    named = set(re.findall(r'(?:src|href)="/static/([^"]+)"', html))
    for path in [path for path in pages if path.endswith(".js")]:
        named |= {
            f"js/{name}" for name in re.findall(r'from "\./([^"]+)"', pages[path].body.decode())
        }
    assert len(named) > 6
    assert named <= set(pages)


def test_the_page_runs_under_a_strict_content_policy():
    html = read_pages()["index.html"].body.decode()
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
    assert "<style" not in html
    assert re.findall(r"\s(?:style|on\w+)=", html) == []


def test_the_page_weighs_little():
    pages = read_pages()
    first_visit = [p for name, p in pages.items() if name != "texts/ru.json"]
    assert sum(len(page.body) for page in first_visit) < 64 * 1024


def luminance(colour):
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_text_can_be_read_in_the_dark_and_in_the_light():
    css = read_pages()["style.css"].body.decode()
    dark, light = css.split(":root")[1:3]
    pairs = [
        ("ink", "ground"),
        ("ink", "raised"),
        ("quiet", "ground"),
        ("quiet", "raised"),
        ("warm", "ground"),
        ("on-warm", "warm"),
        ("red-ink", "ground"),
        ("red-ink", "red-ground"),
    ]
    for block in (dark, light):
        theme = dict(re.findall(r"--([\w-]+): (#\w{6});", block))
        found = {pair: contrast(theme[pair[0]], theme[pair[1]]) for pair in pairs}
        assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}
        assert contrast("#ffffff", theme["red"]) >= 4.5  # the loud STOP
