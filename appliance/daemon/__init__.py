"""The process that runs the ACD: one inbox, one thread, the journal, the store and the control socket."""
