"""The front end: declarations, and the compiler from Python syntax to the transition system."""
