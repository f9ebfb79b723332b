"""The Sphinx side of the book: chart rendering, number role, generated pages."""
