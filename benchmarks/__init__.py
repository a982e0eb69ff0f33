"""`python -m benchmarks`: what the path of an import and the indicators cost, beside what they could cost at least."""
