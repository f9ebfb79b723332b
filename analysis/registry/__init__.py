"""The data registry: the only reader of data/; every number with its source, status and range."""
