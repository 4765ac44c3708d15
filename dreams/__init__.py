"""Dreams: pictures decoded from random latent vectors, and from walks between them.

Owns the demo folder and the traversals that a run ends with, and more dreams and
redrawn pictures of a finished run. What is drawn from is `latents/samplers.py`.
"""
