"""The training of one member of an ensemble, in stages.

A killed training goes on as if nothing had happened: the order of photos, augmentation
and dropout depend on the seed of the member and the epoch alone.
"""

import dataclasses
import json

import keras
import numpy as np
import tensorflow as tf
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_sample_weight

from files import whole_file
from transfer_learning.filters.network import split_filter
from transfer_learning.fine_tuning.stages import free_for_stage
from transfer_learning.photos.augmentation import augment
from transfer_learning.photos.pixels import pixel_dataset

# More steps than an epoch has: each step of a training gets a seed of its own.
SEEDS_PER_EPOCH = 100_000


@dataclasses.dataclass
class TrainingState:
    """How far a training has come: what a checkpoint keeps besides the weights."""

    stage: int = 0
    epochs_in_stage: int = 0
    epochs_waited: int = 0
    best_loss: float = float("inf")
    history: list = dataclasses.field(default_factory=list)


class MemberTraining:
    """Trains the tail of a filter; the trunk stays as it is.

    Args:
        model: a filter.
        parts: `LabelledPhotos` by the name of the part.
        features: the trunk's features of un-augmented photos, by the same names; of
            `train` only where training is without augmentation.
        options: the checked arguments of train.py.
        seed: of the member.
        checkpoint: path of an .npz file, written after every epoch.
    """

    def __init__(self, model, parts, features, options, seed, checkpoint):
        self.model, self.tail = model, split_filter(model)[1]
        self.parts, self.features, self.options = parts, features, options
        self.seed, self.checkpoint = seed, checkpoint
        # Rare classes weigh more, so that both weigh the same in total.
        self.weights = {
            part: compute_sample_weight("balanced", photos.labels).astype(np.float32)
            for part, photos in parts.items()
        }
        # Augmented photos go through the whole filter. The features of all others
        # are known, and only the tail is left to be run.
        self.trained = self.tail if options.no_augmentation else model
        self.state, self.best_weights = TrainingState(), self.tail.get_weights()
        # Traced once; `predict` would be traced anew in each stage.
        self._score = tf.function(
            lambda features: self.tail(features, training=False), reduce_retracing=True
        )

    def run(self, report=None):
        """Go through all stages, from the checkpoint on, and take the best weights.

        `report` is called after each epoch with a dict of its figures.
        """
        if self.checkpoint.is_file():
            self._restore()
        else:
            self._begin_stage()
        while self.state.stage < self.options.stages:
            self._train_epoch()
            ends_stage = self._validate()
            if report:
                report(self.state.history[-1])
            if ends_stage:
                self.tail.set_weights(self.best_weights)
                self.state.stage += 1
                self.state.epochs_in_stage = self.state.epochs_waited = 0
                self._begin_stage()
            self._save()
        self.tail.set_weights(self.best_weights)

    def scores(self, part):
        """Return the scores float32 `(count,)` of a part's photos, not augmented."""
        features, size = self.features[part], self.options.batch_size
        starts = range(0, len(features), size)
        scores = [self._score(features[start : start + size]) for start in starts]
        return np.concatenate(scores)[:, 0]

    def _begin_stage(self):
        """Free the layers of the stage, and start with a fresh optimizer."""
        free_for_stage(self.model, self.state.stage)
        optimizer = keras.optimizers.RMSprop(self.options.learning_rate)
        self.trained.compile(optimizer, loss="binary_crossentropy")
        optimizer.build(self.trained.trainable_variables)

    def _train_epoch(self):
        epoch = len(self.state.history)
        self._seed_dropout(epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(
            len(self.parts["train"].paths)
        )
        fit = self.trained.fit(self._batches(order, epoch), shuffle=False, verbose=0)
        loss = fit.history["loss"][0]
        self.state.history.append({"stage": self.state.stage + 1, "loss": loss})

    def _seed_dropout(self, epoch):
        for index, layer in enumerate(self.tail.layers):
            if isinstance(layer, keras.layers.Dropout):
                layer.seed_generator.state.assign([self.seed * 1000 + index, epoch])

    def _batches(self, order, epoch):
        """Return the dataset of (input, label, weight) of one epoch."""
        photos = self.parts["train"]
        labels = photos.labels[order][:, None]
        weights = self.weights["train"][order]
        if self.options.no_augmentation:
            features = self.features["train"][order]
            dataset = tf.data.Dataset.from_tensor_slices((features, labels, weights))
            return dataset.batch(self.options.batch_size)
        side, first_seed = self.model.input_shape[1], epoch * SEEDS_PER_EPOCH
        pixels = pixel_dataset(
            [photos.paths[index] for index in order], side, self.options.resize
        ).map(_pixels_alone)
        answers = tf.data.Dataset.from_tensor_slices((labels, weights))
        return (
            tf.data.Dataset.zip(pixels, answers)
            # Keras warns of data that end before it knows how many they are.
            .apply(tf.data.experimental.assert_cardinality(len(order)))
            .batch(self.options.batch_size)
            .enumerate(first_seed)
            .map(
                lambda step, batch: (augment(batch[0], (self.seed, step)), *batch[1]),
                num_parallel_calls=tf.data.AUTOTUNE,
            )
            .prefetch(2)
        )

    def _validate(self):
        """Note the validation loss, keep the best weights; tell if the stage ends."""
        state, labels = self.state, self.parts["validation"].labels
        weights = self.weights["validation"]
        loss = log_loss(labels, self.scores("validation"), sample_weight=weights)
        state.history[-1]["validation_loss"] = loss
        state.epochs_in_stage += 1
        state.epochs_waited += 1
        if loss < state.best_loss:
            state.best_loss, state.epochs_waited = loss, 0
            self.best_weights = self.tail.get_weights()
        return (
            state.epochs_in_stage >= self.options.epochs_per_stage
            or state.epochs_waited >= self.options.patience_epochs
        )

    def _save(self):
        arrays = [
            *self.tail.get_weights(),
            *self.best_weights,
            *map(keras.ops.convert_to_numpy, self.trained.optimizer.variables),
        ]
        state = json.dumps(dataclasses.asdict(self.state))
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(self.checkpoint) as file:
            np.savez(file, *arrays, state=state)

    def _restore(self):
        with np.load(self.checkpoint) as kept:
            self.state = TrainingState(**json.loads(str(kept["state"])))
            arrays = [kept[f"arr_{index}"] for index in range(len(kept.files) - 1)]
        count = len(self.best_weights)
        self.tail.set_weights(arrays[:count])
        self.best_weights = arrays[count : 2 * count]
        self._begin_stage()
        variables = self.trained.optimizer.variables
        for variable, value in zip(variables, arrays[2 * count :], strict=True):
            variable.assign(value)


def _pixels_alone(pixels, size, error, lost):
    """Return the pixels of a photo; end the training at one that could not be had."""
    with tf.control_dependencies([tf.debugging.assert_equal(lost, "")]):
        return tf.identity(pixels)
