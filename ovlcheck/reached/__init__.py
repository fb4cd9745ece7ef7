"""What an exhaustive run has seen, written down so that anybody can see for himself that it has seen everything."""
