"""The training of filters on sorted photos, and the figures of the result."""
