"""Trained networks whose early layers the perceptual loss compares.

Owns how each is built and where its weights come from. Training the one that ships:
`python -m features.castle_training`.
"""
