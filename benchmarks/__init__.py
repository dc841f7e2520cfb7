"""Measures what the store claims of its speed: `python -m benchmarks --help`."""
