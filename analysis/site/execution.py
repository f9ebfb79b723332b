"""Execute the notebooks during the build, once per state of the code and the data.

A cache keyed on the notebooks alone would show old results after a change of an assumption. Here
the cache has a folder per digest of everything that the results depend on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from analysis.site.notebooks import ENVIRONMENT, TIMEOUT

DEPENDS_ON = ("data/**/*", "analysis/**/*.py", "requirements.txt")
FOLDER = ".jupyter_cache"
KEPT = 3  # caches of the latest states, so that going back and forth stays quick


def digest(root: Path) -> str:
    """Digest of the paths and the contents of all that the results depend on; 16 hex digits."""
    found = hashlib.sha256()
    files = {path for pattern in DEPENDS_ON for path in root.glob(pattern) if path.is_file()}
    for path in sorted(files):
        found.update(path.relative_to(root).as_posix().encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def configure(app: Any, config: Any) -> None:
    """Give the build a cache of executed notebooks of its own; drop the oldest of other states.

    Does nothing when the book is configured to show the stored outputs.
    """
    if config.nb_execution_mode != "cache":
        return
    root = Path(app.srcdir)
    caches = root / "_build" / FOLDER
    current = caches / digest(root)
    others = [path for path in caches.glob("*") if path.is_dir() and path != current]
    for other in sorted(others, key=lambda path: path.stat().st_mtime)[: 1 - KEPT]:
        shutil.rmtree(other)
    config.nb_execution_cache_path = str(current)
    config.nb_execution_timeout = TIMEOUT
    config.nb_execution_raise_on_error = True
    os.environ.update(ENVIRONMENT)
