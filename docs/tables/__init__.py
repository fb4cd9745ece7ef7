"""The tables of the shipped designs, kept as they were found, and the page that shows them."""
