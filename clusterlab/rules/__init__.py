"""One engine for rules: read from a table, judged, and reported in one wording.

The design rules (`design/rules.toml`) and the checklist of configuration
(`procedures/checklist.toml`) are such tables. `expressions` works out formulas and conditions,
`judging` reads a table and says what deviates.
"""
