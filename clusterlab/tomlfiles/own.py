"""Data files of the package: every mistake in them is named with its line.

They lie beside the code that uses them and are read when it needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from clusterlab.tomlfiles.parsing import read_own
from clusterlab.tomlfiles.problems import Problems
from clusterlab.tomlfiles.tables import Reader, Table

Keys = Mapping[str, Any]
"""Values of one table by its keys."""


def own_table(path: Path) -> Table:
    """Return a file of ours as one table; its problems are raised by whoever has read it."""
    document = read_own(path.read_text("utf-8"))
    return Table(document.data, (), "the file", document.lines, Problems(path.name))


def own_rows(
    root: Table, readers: Mapping[str, Reader], *, must: Iterable[str] = ()
) -> Mapping[str, Keys]:
    """Return what each table in *root* says that nobody has read yet, by its name.

    Args:
        root: A file of ours, or a table of tables.
        readers: How each key is read.
        must: Keys that none may leave out.
    """
    rows = [name for name in root.data if name not in root.asked]
    return {name: _row(root.table(name), readers, must) for name in rows}


def own_lists(
    path: Path, readers: Mapping[str, Reader], *, optional: tuple[str, ...] = ()
) -> Mapping[str, list[Keys]]:
    """Return the rows of each list of a file of ours, by the name of the list.

    Args:
        path: The file.
        readers: How each key of a row is read.
        optional: Keys that a row may leave out.

    Raises:
        ClusterFileError: With everything that is wrong, each with its line.
    """
    root = own_table(path)
    must = [key for key in readers if key not in optional]
    found = {
        key: [_row(table, readers, must) for table in root.tables(key, f"row of {key}")]
        for key in root.data
    }
    root.problems.raise_if_any()
    return found


def _row(table: Table, readers: Mapping[str, Reader], must: Iterable[str]) -> Keys:
    for key in must:
        table.must(key, '"..."')
    values = table.values(readers)
    table.end()
    return values
