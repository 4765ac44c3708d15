"""Which latent dimensions are in use: one answer for training, figures and pictures.

Imports nothing, so that the model can ask in every step and a report without loading
TensorFlow: it stands below both.
"""

# As in Duan et al. 2020, "Unsupervised Model Selection for Variational Disentangled
# Representation Learning", section 4.
ACTIVE_NATS = 0.01


def is_active(kl_nats):
    """Return whether a dimension tells anything about a picture.

    Args:
        kl_nats: mean KL divergence from the prior; a number, an array or a tensor.

    Returns:
        Booleans of the same shape: above 0.01 nats.
    """
    return kl_nats > ACTIVE_NATS
