"""The explorers of the book, one declaration each."""
