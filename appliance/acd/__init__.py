"""The call centre's decisions as a pure machine: inputs in, effects out, no clock, no I/O."""
