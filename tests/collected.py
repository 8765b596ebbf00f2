"""The folder that a client's batch files write: lines of `clusterlab collect`, typed on a node."""

import re
import subprocess
import sys
from pathlib import Path

from clusterlab import Simulation, exchange_cluster
from clusterlab.clusterexe import run_line

ATTENDANT = "Exchange System Attendant Instance - (EVS3)"
FOLDER = "cluster-listings"


def wingtip() -> Simulation:
    """Return four nodes and three EVSs; the last node was forgotten for one resource of EVS3."""
    sim = Simulation(exchange_cluster(active=3, passive=1, name="WINGTIP"))
    run_line(sim, f'cluster resource "{ATTENDANT}" /removeowner:NODE4')
    return sim


def clusterlab(folder: Path, *words: str) -> str:
    """Run the command as a consultant does, in *folder*; return what it prints."""
    line = [sys.executable, "-m", "clusterlab", *words]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def run_batch(sim: Simulation, batch: str, folder: Path) -> None:
    """Do what a batch file of `clusterlab collect` does on a node."""
    (folder / FOLDER).mkdir(exist_ok=True)
    for line in batch.splitlines():
        if found := re.fullmatch(r"(cluster .*?) >>? cluster-listings\\(\S+)", line):
            with (folder / FOLDER / found[2]).open("a") as file:
                file.write(f"{run_line(sim, found[1])}\n\n")
