"""Files from servers, and archives from files: each whole, or absent.

The only code that reaches for the network. Which files are wanted is left to callers,
save for the author's filtered landmarks, which are a data set of the main job.
"""
