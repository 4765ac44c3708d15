"""Which run folder a machine writes to: of several machines, one writes for all.

All machines take the same steps, and so write the same. What the others write, to disk
or on the screen, is dropped.
"""

import contextlib
import os
import shutil
import tempfile

from run_folder import RunFolder


@contextlib.contextmanager
def writing(run, is_chief):
    """Yield the `RunFolder` that this machine writes to.

    Args:
        run: `RunFolder` in a file system that all machines share.
        is_chief: whether this machine writes for all.
    """
    if is_chief:
        yield run
        return
    with tempfile.TemporaryDirectory() as scratch, open(os.devnull, "w") as nowhere:
        dropped = RunFolder(scratch)
        if run.checkpoint.exists():
            shutil.copy(run.checkpoint, dropped.checkpoint)
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            yield dropped
