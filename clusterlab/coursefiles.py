"""The notebooks of the course as Jupyter serves them: which it may trust, and how it opens them.

Needs the extra `notebooks`; `clusterlab lab` and each learner's server of a class load it.
"""

import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from nbformat import read
from nbformat.sign import NotebookNotary
from tornado.web import HTTPError
from traitlets import Integer

from clusterlab import delivery


class CourseFiles(AsyncLargeFileManager):
    """Files as Jupyter has them, but a notebook that was only opened is not marked as changed.

    JupyterLab writes into each notebook what the kernel says of its language, with the version of
    Python. A notebook that comes with just that stays as it is.
    """

    async def get(self, path: str, *args: Any, **options: Any) -> dict[str, Any]:
        """Return a file or folder, as the class above does."""
        from ipykernel.ipkernel import IPythonKernel  # replaces all comms

        files: Any = super()
        model: dict[str, Any] = await files.get(path, *args, **options)
        if model["type"] == "notebook" and model["content"]:
            model["content"]["metadata"]["language_info"] = dict(IPythonKernel.language_info)
        return model


class FewKernels(AsyncMappingKernelManager):
    """Kernels as Jupyter starts them, but one more than the most is refused.

    Attributes:
        most: Notebooks of one learner that may run at the same time.
    """

    most = Integer(8, min=1).tag(config=True)

    async def start_kernel(self, **options: Any) -> str:  # type: ignore[override]
        """Start a kernel and return its id; JupyterLab shows the words of a refusal."""
        if len(self) >= self.most:
            raise HTTPError(
                409,
                f"{len(self)} notebooks are running, the most that are allowed here. End one: "
                "Running Terminals and Kernels at the left edge, or Kernel, Shut Down Kernel.",
            )
        started: Any = super()
        kernel: str = await started.start_kernel(**options)
        return kernel


def deliver(folder: Path) -> Path:
    """Bring the course into a learner's folder, where what the learner changed stays; return it.

    What is new there is signed; what was there has been.

    Raises:
        OSError: If there is no course, or a file cannot be written.
    """
    copy = delivery.copy_course(delivery.course_source(), folder, delivery.COURSE)
    sign(folder, copy["added"])
    return folder


def unchanged_in(checkout: Path) -> list[str]:
    """Return the notebooks of a clone that are as git has them; none where there is no git."""
    folders = ("notebooks", "exercises")
    answers = []
    for command in (["ls-files", *folders], ["diff", "--name-only", "HEAD", "--", *folders]):
        try:
            done = subprocess.run(
                ["git", "-C", str(checkout), *command], capture_output=True, check=True, text=True
            )
        except (OSError, subprocess.SubprocessError):
            return []
        answers.append(set(done.stdout.splitlines()))
    return sorted(answers[0] - answers[1])


def sign(course: Path, names: Iterable[str]) -> None:
    """Tell Jupyter that it may trust these notebooks.

    JupyterLab shows the stored pictures of a trusted notebook before anything is run; of others
    it shows the words alone. Only files that are as clusterlab delivers them should be named.
    """
    notary = NotebookNotary()
    try:
        for name in names:
            with suppress(OSError, ValueError):  # no notebook, or JupyterLab says what is wrong
                notary.sign(read(course / name, as_version=4))
    finally:
        notary.store.close()
