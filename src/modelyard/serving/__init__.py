"""The replica: a server that loads a model once and forks the workers that answer for it.

Everything here but ``session`` runs with the model's own interpreter: standard library alone, syntax of Python 3.7, and
sibling imports that are relative, so that the folder also works where no ``modelyard`` is installed (see ``server``).
"""
