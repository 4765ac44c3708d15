"""Keras callbacks of the main job: checkpoints, loss log, progress line."""
