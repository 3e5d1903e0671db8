"""The last words of a driver: whatever it writes, however it is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi.hosting.words import LastWords


def fed(data: bytes, cuts: list[int]) -> LastWords:
    words, start = LastWords(), 0
    for cut in sorted({min(cut, len(data)) for cut in cuts} | {len(data)}):
        words.feed(data[start:cut])
        start = cut
    return words


@given(st.text(st.characters(blacklist_characters="\r", blacklist_categories=["Cs"])), st.lists(st.integers(0, 200)))
def test_it_does_not_matter_where_the_output_is_cut(text: str, cuts: list[int]) -> None:
    data = text.encode()
    lines = text.split("\n")
    expected = "\n".join([*lines[:-1][-100:], *filter(None, lines[-1:])])
    assert fed(data, cuts).text == fed(data, []).text == expected


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
def test_bytes_that_are_no_text_are_no_error(data: bytes, cuts: list[int]) -> None:
    assert isinstance(fed(data, cuts).sentence(), str)


def test_only_the_last_lines_are_kept_and_none_grows_without_end() -> None:
    words = LastWords(lines=3)
    words.feed(b"".join(b"line %d\n" % n for n in range(10_000)))
    for _ in range(100):
        words.feed(b"x" * 65536)
    assert len(words.text) < 10_000
    words.feed(b"\nthe end")
    assert words.text.splitlines()[-1] == "the end"
    assert words.sentence().endswith("the end")


def test_colours_and_cursor_movements_do_not_reach_the_users_terminal() -> None:
    words = LastWords()
    words.feed(b"\x1b[31mred\x1b[0m\x07 alarm\x00\n")
    assert words.sentence() == ". Its last words: [31mred [0m  alarm"
    assert LastWords().sentence() == ""


def test_of_a_crash_dump_the_message_has_what_happened_and_where() -> None:
    words = LastWords()
    words.feed(
        b"warming up\nFatal Python error: Segmentation fault\n\nThread 0x1 (most recent call first):\n"
        b'  File "/x/threading.py", line 1 in wait\n\nCurrent thread 0x2 (most recent call first):\n'
        b'  File "/x/vendor.py", line 7 in poke\n  File "/x/camera.py", line 25 in grab\n'
        b'  File "/x/pymodaq_hsi/hosting/server.py", line 9 in step\n\nExtension modules: numpy (total: 1)\n'
    )
    assert words.sentence() == (
        ". Its last words: warming up | Fatal Python error: Segmentation fault | "
        'File "/x/vendor.py", line 7 in poke | File "/x/camera.py", line 25 in grab'
    )
