"""The stages of training: which layers of a filter are free in each of them."""

import math
import re

# How many blocks of conv5, from the last one on, are trained besides the dense layers.
BLOCKS_PER_STAGE = (0, 1, 3, math.inf)


def free_for_stage(model, stage):
    """Make exactly those layers trainable that a stage trains.

    From the first free block on all that follows is free, the last normalisation too.
    Stages count from 0; what comes after the last one is like it.
    """
    blocks = BLOCKS_PER_STAGE[min(stage, len(BLOCKS_PER_STAGE) - 1)]
    numbers = [_conv5_block(layer.name) for layer in model.layers]
    first_free = max(numbers) - blocks + 1
    is_free = False
    for layer, number in zip(model.layers, numbers, strict=True):
        is_free = is_free or (number > 0 and number >= first_free)
        is_head = layer.name.startswith(("dense_", "dropout_", "score"))
        layer.trainable = is_free or is_head


def _conv5_block(name):
    found = re.match(r"conv5_block(\d+)_", name)
    return int(found[1]) if found else 0
