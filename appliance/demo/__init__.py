"""The simulated office of the demo: callers, agents, the carrier and the phones, all seeded."""
