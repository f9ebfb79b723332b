"""Policy analysis of Helseplattformen: one package behind the notebooks, the page and the tests."""
