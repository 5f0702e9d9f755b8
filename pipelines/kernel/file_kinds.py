"""What a file is by its first bytes, when it is not what its name says: an error page, an archive, a pointer."""

from __future__ import annotations

import re

HEAD = 2048
"""Bytes that are looked at."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or an Office workbook"),
    (b"\xd0\xcf\x11\xe0", "a workbook of Excel before 2007, or one under a password"),
    (b"\x1f\x8b", "a compressed archive (gzip)"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"\x89PNG", "a picture"),
    (b"{\\rtf", "a text of a word processor"),
    (b"version https://git-lfs.github.com/spec/", "a Git LFS pointer: the file itself was not downloaded"),
)
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def kind_of(content: bytes) -> str | None:
    """Return what the beginning of a file shows it to be, in words; `None` when it may well be text with columns."""
    head = content[:HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if _PAGE.match(head) or (head.startswith(b"<") and _PAGE.search(head)):
        return "a web page, such as a portal sends in place of a file it cannot give"
    if head.startswith(b"<?xml"):
        return "an XML document"
    if re.match(rb"[\[{]\s*[\"{\]}]", head):
        return "JSON, such as a portal's API answers, errors included"
    return None
