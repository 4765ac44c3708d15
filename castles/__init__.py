"""The embedded data set: castles drawn from twelve known factors.

Owns the factors, how a castle looks, and how a set of them lands on disk. Drawing a
set by hand: `python -m castles --count 12 --size 256 --to FOLDER`.
"""
