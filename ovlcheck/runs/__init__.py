"""One run at a time, made by chance or by hand: for a first look at a model, and to see what a trace passed by.

Nothing is proved here.  What a step is and does is taken from ``ovlcheck.system.semantics`` alone.
"""
