"""How a scenario names a group or a resource: in full, or by a path such as EVS1/IS."""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.model import ClusterConfig
from clusterlab.scenario.line import CommandLine


def read_group(line: CommandLine, config: ClusterConfig) -> str:
    """Return the name of the group that the next word names."""
    return line.pick("group", line.take("a group"), config.groups_by_name)


def paths(config: ClusterConfig) -> Mapping[str, str]:
    """Return for each resource its path, such as "EVS1/IS", with its name.

    A type that a group has twice, such as its disks, is written with the name: "EVS1/Disk R:".
    """
    table: dict[str, str] = {}
    for group, members in config.members.items():
        shorts = [member.type.short for member in members]
        for member in members:
            is_alone = shorts.count(member.type.short) == 1
            table[f"{group}/{member.type.short if is_alone else member.name}"] = member.name
    return table


def read_resource(line: CommandLine, config: ClusterConfig) -> str:
    """Return the name of the resource that the next word names."""
    word = line.take("a resource such as EVS1/IS")
    try:
        return config.resource_name(word)
    except OperationRefused:
        return line.pick("resource", word, paths(config))
