"""TOML files of any kind: read with every problem at its line, written whole or not at all.

`parsing` makes tables of a text, `tables` reads their keys, `problems` collects what is wrong, and
`files` reads and writes the files themselves; `own` reads data files of the package. What the keys
mean is decided by those who ask.
"""
