"""ovlcheck held against Spin, Rumur, and what the machine itself can do: ``make bench``."""
