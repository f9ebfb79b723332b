"""Charts and tables: frames in, figures out; nothing is computed here."""
