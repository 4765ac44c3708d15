"""Measurements: what a part of the suite costs, beside what it could cost.

Every module with a `main` is a command, started in the root as
`python -m benchmarks.NAME`; figures land in `benchmarks/results/`. Nothing outside this
package imports from it.
"""
