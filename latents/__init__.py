"""The latent space of a trained network: measured, turned, sampled, walked through.

Everything here works on codes `(n, latent_dim)` as arrays; only `traversals` decodes
pictures.
"""
