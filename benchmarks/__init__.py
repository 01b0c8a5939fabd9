"""Speed and memory, as ratios within one run. docs/benchmarks.md holds the figures."""
