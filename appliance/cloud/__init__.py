"""What leaves the box for the cloud: the outbox and its sender."""
