"""A stand-in for GOV.UK Pay, for runs on one's own computer and for tests: no money moves.

It answers as the published interface does, shows the payer a page, sends signed messages, and forgets nothing that
it has acknowledged. What it can be told besides, for tests, is in `control.py`. `make run` starts it.
"""
