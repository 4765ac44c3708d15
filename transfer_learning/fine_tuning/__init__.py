"""Training three networks to one filter ensemble, in stages, and measuring it."""
