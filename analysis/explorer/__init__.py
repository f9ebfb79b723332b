"""Live control panels: one declaration, a Jupyter view and a page view."""
