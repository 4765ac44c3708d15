"""Dreams: pictures decoded from random latent vectors.

Owns the demo folder that a run ends with, and more dreams and redrawn pictures of a
finished run. What is drawn from is `latents/samplers.py`.
"""
