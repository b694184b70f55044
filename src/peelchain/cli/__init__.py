"""The command line: thin over peelchain.actions.

Commands import their actions when they run, not when the program starts: `--help` and the lightest
answers would else wait for Arrow, DuckDB and typst.
"""
