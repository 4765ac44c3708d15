"""From sorted photos to an ensemble of filters with known figures.

Owns what happens between the command line and the training of one member: the photos,
their features, the threshold for all members together, the figures and the files.
"""

import functools

import keras
import numpy as np

from transfer_learning.filters.network import build_filter, save_filter, split_filter
from transfer_learning.filters.traits import Traits
from transfer_learning.fine_tuning.member import MemberTraining, TrainingSettings
from transfer_learning.fine_tuning.metrics import (
    choose_threshold,
    measure,
    save_metrics_picture,
)
from transfer_learning.fine_tuning.random_start import settle_on_photos
from transfer_learning.photos.labelled import (
    PARTS,
    cache_features,
    find_classes,
    read_part,
)
from transfer_learning.selection.manifests import write_csv
from transfer_learning.selection.run_record import write_json


class EnsembleTraining:
    """The steps of one run, in the order of the methods.

    Args:
        options: the checked arguments of train.py.

    Raises:
        ValueError: the folders of the photos are not as they should be.
    """

    def __init__(self, options):
        self.options, self.output = options, options.output
        self.positive, self.negative = find_classes(
            options.photos, options.task, options.positive
        )
        self.parts = {}
        self.settings = TrainingSettings(
            stages=options.stages,
            epochs_per_stage=options.epochs_per_stage,
            patience_epochs=options.patience_epochs,
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            resize=options.resize,
            is_augmented=not options.no_augmentation,
        )

    def read_photos(self):
        """List the photos of all parts and name those that cannot be read."""
        unreadable = []
        for part in PARTS:
            self.parts[part], faults = read_part(
                self.options.photos, part, self.positive, self.negative
            )
            unreadable += [{"path": path, "error": error} for path, error in faults]
        write_csv(self.output / "unreadable.csv", unreadable, ["path", "error"])
        for part, photos in self.parts.items():
            positives = int(photos.labels.sum())
            print(
                f"{part}: {positives} {self.positive}, "
                f"{len(photos.labels) - positives} {self.negative}"
            )

    def train_member(self, number):
        """Train a member to the end; return its scores by the name of the part."""
        training = self._trained_member(number)
        return {part: training.scores(part) for part in PARTS[1:]}

    def _trained_member(self, number):
        model = self._build_member(number)
        training = MemberTraining(
            model,
            self.parts,
            self._features(model),
            self.settings,
            seed=self.options.seed + number,
            checkpoint=self.output / "checkpoints" / f"member_{number + 1}.npz",
        )
        training.run(report=functools.partial(_say_epoch, number + 1))
        return training

    def _build_member(self, number):
        # The members have to start from the same base, random or not: the seed of
        # the run decides on it, and the member's own seed on its dense layers.
        options, is_random = self.options, self.options.weights == "random"
        keras.utils.set_random_seed(options.seed)
        model = build_filter(
            options.network,
            options.side,
            options.scaling,
            None if is_random else options.weights,
            head_seed=options.seed + number,
        )
        if is_random:
            kept = self.output / "checkpoints" / "start.npz"
            settle_on_photos(model, self.parts["train"].paths, options.resize, kept)
        return model

    def _features(self, model):
        trunk = split_filter(model)[0]
        parts = PARTS[1:] if self.settings.is_augmented else PARTS
        return {
            part: cache_features(
                trunk,
                self.parts[part],
                self.options.resize,
                self.options.batch_size,
                self.output / "features" / f"{part}.npy",
            )
            for part in parts
        }

    def measure(self, scores):
        """Write metrics.json and metrics.png; return the threshold of the ensemble.

        Args:
            scores: what `train_member` returned for each member.
        """
        named = {
            part: {f"member_{n + 1}": each[part] for n, each in enumerate(scores)}
            for part in PARTS[1:]
        }
        for members in named.values():
            # "All members above t" is "the lowest score above t".
            members["ensemble"] = np.min(list(members.values()), axis=0)
        asked = self.options.precision
        labels = {part: self.parts[part].labels for part in named}
        thresholds = {
            name: choose_threshold(labels["validation"], each, asked)
            for name, each in named["validation"].items()
        }
        figures = {
            part: {
                name: measure(labels[part], each, thresholds[name])
                for name, each in members.items()
            }
            for part, members in named.items()
        }
        write_json(
            self.output / "metrics.json",
            {
                "task": self.options.task,
                "positive": self.positive,
                "negative": self.negative,
                "precision_asked": asked,
                "photos": {part: len(p.labels) for part, p in self.parts.items()},
                **figures,
            },
        )
        picture = self.output / "metrics.png"
        save_metrics_picture(picture, labels["test"], named["test"], figures["test"])
        _say_figures(asked, figures)
        return thresholds["ensemble"]

    def save_filters(self, threshold):
        """Write the file of each member, with the threshold of the ensemble."""
        options = self.options
        for number in range(options.members):
            traits = Traits(
                options.task,
                self.positive,
                self.negative,
                threshold,
                options.side,
                options.resize,
            )
            path = self.output / f"{options.task}_{number + 1}.keras"
            save_filter(self._trained_member(number).model, traits, path)


def _say_epoch(member, figures):
    print(
        f"member {member}  stage {figures['stage']}  loss {figures['loss']:.4f}  "
        f"validation loss {figures['validation_loss']:.4f}",
        flush=True,
    )


def _say_figures(asked, figures):
    reached = figures["validation"]["ensemble"]["precision"]["value"]
    if reached is None or reached < asked:
        print(
            f"No threshold reaches the precision {asked:g} on the validation photos; "
            f"the nearest is {reached}."
        )
    for name, each in figures["test"].items():
        precision, recall = each["precision"], each["recall"]
        print(
            f"test  {name}: precision {_range(precision)}, recall {_range(recall)}, "
            f"average precision {each['average_precision']:.3f}"
        )


def _range(share):
    if share["value"] is None:
        return "undefined (none chosen)"
    return f"{share['value']:.3f} ({share['low']:.3f} to {share['high']:.3f})"
