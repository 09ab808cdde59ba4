"""What would be: recorded days run again through the ACD with another plan, and the formulas of queueing theory.

Records in, records out, and chance only from a seed; `daemon.recorded_days` reads the records from the store.
"""
