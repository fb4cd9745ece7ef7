"""The transition system as formulas: what Z3 is told of a model, and what it can prove about it."""
