"""What is wrong with the box itself: its data partition, its clock, its network; and what to do about it."""
