"""Generic methods, reusable outside this study: cost risk, games, sensitivity, survey."""
