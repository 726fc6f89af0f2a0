"""Which port is tried next, as values."""

from firmware_bridge.discovery import REMEMBERED, Candidate, Search, ranked, tried, worked

A, B, C = (Candidate(f"/dev/tty{name}", f"serial-{name}") for name in "ABC")


def paths(found, search):
    return [candidate.path for candidate in ranked(found, search)]


def test_before_anything_is_known_the_ports_are_tried_in_order():
    assert paths([C, A, B], Search()) == [A.path, B.path, C.path]


def test_a_port_that_was_tried_is_left_for_the_others_and_comes_again_in_its_turn():
    search = tried(tried(Search(), A.path), B.path)
    assert paths([A, B, C], search) == [C.path, A.path, B.path]
    assert paths([A, B, C], tried(search, A.path)) == [C.path, B.path, A.path]


def test_the_device_known_before_goes_first_whatever_its_tty_is_called_now():
    search = worked(tried(Search(), B.path), B)
    elsewhere = Candidate("/dev/ttyZ", B.serial_number)
    assert paths([A, C, elsewhere], search) == [elsewhere.path, A.path, C.path]


def test_a_device_without_a_serial_number_does_not_make_others_known():
    search = worked(worked(Search(), B), Candidate("/dev/ttyX"))
    assert search.serial_number == B.serial_number
    assert paths([Candidate("/dev/ttyX"), A], Search()) == [A.path, "/dev/ttyX"]


def test_the_memory_of_tried_ports_is_bounded():
    search = Search()
    for number in range(1000):
        search = tried(search, f"/dev/tty{number}")
    assert len(search.tried) == REMEMBERED
    assert search.tried[-1] == "/dev/tty999"
