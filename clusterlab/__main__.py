"""What ``clusterlab`` and ``python -m clusterlab`` start: the command, and how it ends.

Ctrl+C, from the first moment on, ends it with a sentence and status 130; once all is done it
changes nothing. Output that is closed, full or cannot be encoded: a sentence and status 2.
"""

import errno
import os
import signal
import sys
from contextlib import suppress

INTERRUPTED = 130
"""Exit status after Ctrl+C: 128 and the number of the signal, as shells have it."""
TROUBLE = 2


def main() -> None:
    """Run the command line and end with its status."""
    try:
        status = _status()
    except KeyboardInterrupt:
        status = INTERRUPTED
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Python is yet to end, which is no work to stop
    exec("")  # else Python kills itself if Ctrl+C came in another exec, as of a dataclass
    if status == INTERRUPTED:
        with suppress(OSError, ValueError):
            print("Stopped by Ctrl+C.", file=sys.stderr)
    sys.exit(status)


def _status() -> int:
    import click

    try:
        _open_streams()
        status = _run()
        sys.stdout.flush()
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except OSError as error:
        return _untold(error)
    return status


def _open_streams() -> None:
    """Let text be UTF-8 in files and pipes, and escape what the other end cannot show.

    Raises:
        OSError: If stdout is closed; where there is no stderr either, nobody wants to know.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  as long as we run
        sys.stdout = sys.stdout or sys.stderr
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        raise OSError(errno.EBADF, "it is closed")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _run() -> int:
    """Return the status of the command, however it ends."""
    from clusterlab.cli import cli

    try:
        status = cli.main(prog_name="clusterlab", standalone_mode=False)
    except SystemExit as end:
        status = end.code
    return status if isinstance(status, int) else int(status is not None)


def _untold(error: OSError) -> int:
    """Say which file or output could not be used; nothing more is written to stdout."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return TROUBLE  # whoever read has seen enough
    what = error.filename or "the output"
    with suppress(OSError):
        print(f"Error: {what}: {error.strerror or error}; name another place.", file=sys.stderr)
    return TROUBLE


if __name__ == "__main__":
    main()
