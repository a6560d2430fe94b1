"""The command line: one module a noun, one output object, one table from error to advice."""
