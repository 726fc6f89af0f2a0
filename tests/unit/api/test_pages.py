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
