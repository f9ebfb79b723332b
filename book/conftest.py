"""Notebooks are compared output by output, so nothing in them may depend on how long a cell takes."""

import os

os.environ["TQDM_DISABLE"] = "1"
