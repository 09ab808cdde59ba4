"""What turns a machine into a box: today the environment a checkout runs in, later the disk image."""
