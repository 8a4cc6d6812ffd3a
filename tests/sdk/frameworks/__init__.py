"""The snippets of frameworks, run with the real packages, which are too heavy for the suite.

Install what requirements.lock, strands.lock and package-lock.json pin, say where, and run them:

    CONFAB_FRAMEWORKS=/path ./run test tests/sdk/test_framework_snippets.py

`/path` has the environments `python` and `strands`, and `node_modules`. What ran is written to record.json, and the
suite compares it with the snippets: a snippet that was changed and not run again is found.
"""
