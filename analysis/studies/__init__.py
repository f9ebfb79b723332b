"""The questions of the book: registry, model and methods bound into labelled frames."""
