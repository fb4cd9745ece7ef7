"""For ``--properties``: the model by itself, with the checks that every run makes."""
