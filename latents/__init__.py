"""The latent space of a trained network: measured, turned, sampled, named.

Everything here works on codes `(n, latent_dim)` as arrays.
"""
