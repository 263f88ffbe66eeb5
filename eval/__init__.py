"""Gold questions in, scores out: how good the answers are on an archive.

Import its parts by name (``from eval.run import evaluate``): a bare ``import eval`` would hide the
built-in function of that name.
"""
