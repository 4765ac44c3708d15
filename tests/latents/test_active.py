import numpy as np
import tensorflow as tf

from latents.active import is_active


def test_numbers_arrays_and_tensors_have_one_border():
    nats = [0.0, 0.0099, 0.0101, 3.0]
    expected = [False, False, True, True]
    assert [is_active(number) for number in nats] == expected
    assert is_active(np.array(nats)).tolist() == expected
    assert is_active(tf.constant(nats)).numpy().tolist() == expected
