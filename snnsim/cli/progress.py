"""Progress of long work: a bar on stderr, and nothing at all where stderr is not a terminal."""

import sys
from contextlib import contextmanager


@contextmanager
def progress(title, total):
    """Yields a function that takes how much of ``total`` is done; anything after that is ignored."""
    if not sys.stderr.isatty():
        yield lambda done, *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"),
               TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done, *_: bar.update(task, completed=done)
