"""How printed answers look on a page: their lines break between words.

JupyterLab breaks them inside words, which nobody can read. Exercises and panels carry the rule, for
a page may have only one of the two.
"""

ANSWER_RULES = (
    ".jp-OutputArea-output.jp-RenderedText pre { overflow-wrap: anywhere; word-break: normal; }"
)
"""A style sheet."""
