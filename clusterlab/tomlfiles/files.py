"""Reading and writing the files themselves: their size, their encoding, all of it or nothing."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from clusterlab.tomlfiles.problems import ClusterFileError, Problem, name_of

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
"""Byte order marks, and how the text is read; `>` of Windows PowerShell writes UTF-16."""

_NO_TEXT = (
    (b"PK\x03\x04", "a Word, Excel or ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a WordPad file"),
)
"""How files begin that look like text in their programs, and what they are."""


def read_text(path: Path, max_bytes: int, encodings: Sequence[str]) -> str:
    """Return the text of a file with lines that end in a line feed.

    A file longer than *max_bytes* is refused before it is read as a whole. Of *encodings*, for a
    file without a byte order mark, the first that fits counts.

    Raises:
        ClusterFileError: If it cannot be opened, is too long, or is no text.
    """
    try:
        data = read_start(path, max_bytes + 1)
    except OSError as error:
        raise refused(path, f"{error.strerror or error}; name a file that can be read") from None
    if len(data) > max_bytes:
        raise refused(path, f"it is longer than {max_bytes:,} bytes (allowed); divide it")
    for start, what in _NO_TEXT:
        if data.startswith(start):
            raise refused(path, f"it is {what}, not plain text; save it as plain text in UTF-8")
    marked = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    text = _decoded(path, data, marked or encodings)
    if "\0" in text:
        raise refused(path, "it is no text: it holds zero bytes; save it as UTF-8 text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_start(path: Path, max_bytes: int) -> bytes:
    """Return the first bytes of a file.

    Raises:
        OSError: If it cannot be opened, or is a named pipe, which would keep us waiting for ever.
    """
    if path.is_fifo() and os.path.exists(os.path.realpath(path)):  # pipes of a shell have no name
        raise OSError(errno.EINVAL, "It is a named pipe, no file", str(path))
    with path.open("rb") as file:
        return file.read(max_bytes)


_DOS_LETTER = re.compile(rb"[A-Za-z][\x80-\x9a][A-Za-z]|[\x8e\x90\x99\x9a][A-Za-z]")
_WINDOWS_LETTER = re.compile(rb"[\xc0-\xe0\xe2-\xff]")
"""Umlauts and accents stand there in cp1252; in cp850 only a sharp s (0xE1) does."""


def _can_be(encoding: str, data: bytes) -> bool:
    """Return whether bytes can be of *encoding*; cp850 and cp1252 take almost any."""
    is_dos = _DOS_LETTER.search(data) is not None and _WINDOWS_LETTER.search(data) is None
    return encoding != "cp850" or is_dos


def _decoded(path: Path, data: bytes, encodings: Sequence[str]) -> str:
    for encoding in encodings:
        if not _can_be(encoding, data):
            continue
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    problem = f"it is not {encodings[-1].upper()} text; save it as UTF-8"
    raise ClusterFileError([Problem(name_of(path), line, problem)])


def write_text(path: Path, text: str, *, force: bool = True) -> None:
    """Write a file in UTF-8, as a whole or not at all.

    Raises:
        ClusterFileError: If it cannot be written, or exists and *force* is not given; a file that
            stood there is as it was.
    """
    write_texts({path: text}, force=force)


WITH_FORCE = "name a new file, or replace it with --force"
PRESS_AGAIN = "rename it or move it away, then press again"
"""What to do about a file that exists: at a command, and at a button."""


def check_is_new(path: Path, *, force: bool = False, remedy: str = WITH_FORCE) -> None:
    """Refuse the name of a file that exists, unless *force* is given."""
    if path.exists() and not force:
        raise refused(path, f"it exists; {remedy}")


def write_texts(texts: Mapping[Path, str], *, force: bool = True) -> None:
    """Write files in UTF-8, all of them whole or none.

    Raises:
        ClusterFileError: If one cannot be written, or exists and *force* is not given; what stood
            there is as it was.
    """
    try:
        for path in texts:
            check_is_new(path, force=force)
        write_whole({path: text.encode("utf-8") for path, text in texts.items()})
    except UnicodeEncodeError as error:
        path = next(path for path, text in texts.items() if text == error.object)
        raise refused(path, f"{error.object[error.start]!r} cannot be written as text") from None
    except OSError as error:
        problem = f"{error.strerror or error}; name another place"
        raise refused(Path(error.filename), problem) from None


def write_whole(files: Mapping[Path, bytes]) -> None:
    """Write files, all of them whole or none, even if Ctrl+C comes or another writes them too.

    A link stays a link, and a file that was there keeps its permissions.

    Raises:
        OSError: If one cannot be written, with its name; what stood there is as it was.
    """
    written: dict[Path, Path] = {}
    path = Path()
    try:
        for path, data in files.items():
            beside = Path(os.path.realpath(path)).with_name(f".{os.urandom(8).hex()}.new")
            written[beside] = path
            _write_beside(beside, path, data)
        for beside, path in written.items():
            os.replace(beside, os.path.realpath(path))
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        for beside in written:
            with suppress(OSError):  # it has its own name by now, or could not be made
                beside.unlink()


def _write_beside(beside: Path, path: Path, data: bytes) -> None:
    """Write what is to stand in place of *path*, with its permissions."""
    if path.exists() and not path.is_file():
        is_folder = path.is_dir()
        raise OSError(errno.EINVAL, "It is a folder" if is_folder else "It is no ordinary file")
    with beside.open("xb") as file:
        file.write(data)
    if path.exists():
        beside.chmod(stat.S_IMODE(path.stat().st_mode))


def refused(path: Path, problem: str) -> ClusterFileError:
    """Return the error for a file that cannot be used, with what is wrong with it."""
    return ClusterFileError([Problem(name_of(path), 0, problem)])
