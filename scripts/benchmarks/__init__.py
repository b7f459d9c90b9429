"""Benchmarks: the figures of ARCHITECTURE.md, section 4, measured on this machine."""
