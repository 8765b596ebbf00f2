"""Data files of the package: lists of rows, each row with its keys, every mistake named.

They lie beside the code that uses them and are read when it needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from clusterlab.tomlfiles.parsing import read_own
from clusterlab.tomlfiles.problems import Problems
from clusterlab.tomlfiles.tables import Reader, Table

Row = dict[str, Any]


def own_rows(
    package: str,
    name: str,
    readers: Mapping[str, Reader],
    *,
    optional: tuple[str, ...] = (),
) -> dict[str, list[Row]]:
    """Return the rows of a data file by the name of their list.

    Args:
        package: Dotted name of the package that the file lies in.
        name: Of the file.
        readers: What reads each key of a row.
        optional: Keys that a row may leave out.

    Raises:
        ClusterFileError: With everything that is wrong, each with its line.
    """
    return rows_of((files(package) / name).read_text("utf-8"), name, readers, optional=optional)


def rows_of(
    source: str, name: str, readers: Mapping[str, Reader], *, optional: tuple[str, ...] = ()
) -> dict[str, list[Row]]:
    r"""Return the rows of a text by the name of their list.

    Raises:
        ClusterFileError: With everything that is wrong, each with its line.

    Example:
        >>> rows_of('[[nodes]]\nname = "NODE1"', "nodes.toml", {"name": str})
        {'nodes': [{'name': 'NODE1'}]}
    """
    problems = Problems(name)
    document = read_own(source)
    top = Table(document.data, (), "the file", document.lines, problems)
    found = {
        key: [_row(table, readers, optional) for table in top.tables(key, f"row of {key}")]
        for key in document.data
    }
    problems.raise_if_any()
    return found


def _row(table: Table, readers: Mapping[str, Reader], optional: tuple[str, ...]) -> Row:
    for key in readers:
        if key not in optional:
            table.must(key, "...")
    values = table.values(readers)
    table.end()
    return values
