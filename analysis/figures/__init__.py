"""Charts and tables: frames in, figures out; nothing is computed here."""

from analysis.figures.chart import Chart, chart
from analysis.figures.table import Table, table

__all__ = ["Chart", "Table", "chart", "table"]
