"""Runs wideip's real programs on loopback addresses: what contrib/quickstart shows and tests/func tests."""
