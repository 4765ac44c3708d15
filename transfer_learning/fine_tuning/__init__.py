"""The training of filters on sorted photos, and the figures of the result.

Owns the members of an ensemble, the stages of their training, threshold and metrics.
"""
