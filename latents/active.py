"""Which latent dimensions are in use: one answer for training, figures and pictures."""

# As in Duan et al. 2020, "Unsupervised Model Selection for Variational Disentangled
# Representation Learning", section 4.
ACTIVE_NATS = 0.01


def is_active(kl_nats):
    """Return whether a dimension's mean KL divergence is above 0.01 nats.

    Numbers, arrays and tensors keep their shape.
    """
    return kl_nats > ACTIVE_NATS
