"""Variants against properties: the searches behind ``ovlcheck compare``, in processes of their own."""
