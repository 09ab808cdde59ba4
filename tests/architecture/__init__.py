"""The shape of the tree itself: who may import whom, how long files are, what they say they are for."""
