"""The annotator's page: photos one by one or in a grid, answered by key or swipe.

`routes.py` answers it; whose turn a photo is, and where answers are kept, is the desk's
(`transfer_learning/annotation/desk.py`), which `annotate.py` brings along.
"""
