"""Benchmarks behind the figures of docs/performance.md. Each module is one command."""
