"""Tables, figures and a page from scored runs."""
