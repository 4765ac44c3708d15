"""Labelling by people: which photo is shown next, to whom, and where answers are kept.

`desk.py` hands out photos and takes answers, `choice.py` decides which photo is worth
most, `books.py` keeps the answers: labels for a filter, factors for the main job, the
judgements of an audit. The page is `pages/annotator/`, the command `annotate.py`.
"""
