"""What is fuzzed of the line drivers, and the inputs that once reached something new."""
