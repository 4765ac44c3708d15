"""Adam as Keras has it, with one operation for each weight instead of a dozen."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("castle_dreamer")
class FusedAdam(keras.optimizers.Adam):
    """Adam (Kingma & Ba 2015, algorithm 1, in the order of its section 2).

    Keras composes the update of single operations, each of which passes over all
    weights and is traced anew for each of them.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Change one weight, and what is remembered of its gradients."""
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].handle,
            v=self._velocities[index].handle,
            beta1_power=self.beta_1**step,
            beta2_power=self.beta_2**step,
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )
