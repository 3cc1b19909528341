"""The ranking study: people rank the outputs of methods, without knowing whose they are."""
