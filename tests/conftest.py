import pytest

from devices.tensorflow_start import prepare_tensorflow

# Before any test imports TensorFlow: what runs in this process and what runs in a child
# of it compute in the same surroundings.
prepare_tensorflow()


@pytest.fixture
def writer(tmp_path):
    import tensorflow as tf

    return tf.summary.create_file_writer(str(tmp_path / "tensorboard"))
