"""From sorted photos to an ensemble of filters with known figures.

Owns what members share: photos, features, one threshold, the figures and the files.
"""

import functools

import keras
import numpy as np

from transfer_learning.filters.network import build_filter, save_filter, split_filter
from transfer_learning.filters.traits import Traits
from transfer_learning.fine_tuning.label_issues import (
    list_issues,
    out_of_fold_scores,
    write_issues,
)
from transfer_learning.fine_tuning.member import MemberTraining
from transfer_learning.fine_tuning.metrics import (
    choose_threshold,
    measure,
    save_metrics_picture,
)
from transfer_learning.fine_tuning.parts import (
    check_leaks,
    find_leaks,
    note_photos,
    read_parts,
)
from transfer_learning.fine_tuning.random_start import settle_on_photos
from transfer_learning.labels import CLASSES
from transfer_learning.photos.labelled import (
    PARTS,
    cache_features,
    find_classes,
    key_of,
    mean_features,
    positive_first,
)
from transfer_learning.selection.run_record import write_json


class EnsembleTraining:
    """The steps of one run, in the order of the methods.

    Raises:
        UserMistake: the folders of the photos are not as they should be.
    """

    def __init__(self, options):
        self.options, self.output, self.parts = options, options.output, {}
        self.checkpoints = None
        if options.labels:
            classes = positive_first(CLASSES, options.task, options.positive)
        else:
            classes = find_classes(options.photos, options.task, options.positive)
        self.positive, self.negative = classes

    def read_photos(self):
        """Read the photos of all parts; what cannot be used stands in a file.

        Raises:
            UserMistake: photos look like some of another part or class.
        """
        options = self.options
        self.parts = read_parts(options, self.positive, self.negative)
        note_photos(self.output / "photos.csv", options.photos, self.parts)
        # With other photos, nothing that was trained on the former ones is found.
        learnt_from = [self.parts[part] for part in PARTS[:2]]
        key = key_of(*((p.digests, p.labels.tolist()) for p in learnt_from))
        self.checkpoints = self.output / "checkpoints" / key
        leaks = find_leaks(self.parts, self._features_of)
        check_leaks(self.output / "leaks.csv", leaks, options.allow_leaks)

    def _features_of(self, paths):
        trunk = split_filter(self._build_member(0))[0]
        return mean_features(trunk, paths, self.options.resize, self.options.batch_size)

    def train_member(self, number):
        """Return a trained filter, and its scores by the name of the part."""
        model = self._build_member(number)
        training = MemberTraining(
            model,
            self.parts,
            self._features(model),
            self.options,
            seed=self.options.seed + number,
            checkpoint=self.checkpoints / f"member_{number + 1}.npz",
        )
        training.run(report=functools.partial(_say_epoch, number + 1))
        return model, {part: training.scores(part) for part in PARTS[1:]}

    def _build_member(self, number):
        # All members start from the same base, also a random one: it follows from the
        # seed of the run, the dense layers from the seed of the member.
        options, seed = self.options, self.options.seed
        keras.utils.set_random_seed(seed)
        weights = None if options.weights == "random" else options.weights
        shape = options.network, options.side, options.scaling
        model = build_filter(*shape, weights, head_seed=seed + number)
        if weights is None:
            kept = self.checkpoints / "start.npz"
            settle_on_photos(model, self.parts["train"].paths, options.resize, kept)
        return model

    def _features(self, model):
        trunk = split_filter(model)[0]
        parts = PARTS if self.options.no_augmentation else PARTS[1:]
        return {part: self._cached(trunk, part, part) for part in parts}

    def _cached(self, network, part, name):
        return cache_features(
            network,
            self.parts[part],
            self.options.resize,
            self.options.batch_size,
            self.output / "features",
            name,
        )

    def measure(self, member_scores):
        """Write metrics.json and metrics.png; return the threshold of the ensemble.

        `member_scores` are those that `train_member` returned for each member.
        """
        scores = {part: _by_name(member_scores, part) for part in PARTS[1:]}
        labels = {part: self.parts[part].labels for part in scores}
        asked = self.options.precision
        thresholds = {
            name: choose_threshold(labels["validation"], each, asked)
            for name, each in scores["validation"].items()
        }
        figures = {
            part: {
                name: measure(labels[part], each, thresholds[name])
                for name, each in members.items()
            }
            for part, members in scores.items()
        }
        content = {
            "task": self.options.task,
            "positive": self.positive,
            "negative": self.negative,
            "precision_asked": asked,
            "photos": {part: len(p.labels) for part, p in self.parts.items()},
        }
        write_json(self.output / "metrics.json", content | figures)
        threshold = thresholds["ensemble"]
        measured = labels["test"], scores["test"], threshold
        names = self.negative, self.positive
        save_metrics_picture(self.output / "metrics.png", *measured, names)
        _say_figures(asked, figures)
        return threshold

    def write_label_issues(self, model, member_scores):
        """Write label_issues.csv and its sheet: what photos tell of their labels.

        Held-out photos have the mean score of the members. Those trained on are scored
        by what the trunk, that of `model`, sees in others.
        """
        scores = {
            part: np.mean([own[part] for own in member_scores], axis=0)
            for part in PARTS[1:]
        }
        trunk, photos = split_filter(model)[0], self.parts["train"]
        means = keras.layers.GlobalAveragePooling2D()(trunk.output)
        features = self._cached(keras.Model(trunk.input, means), "train", "train_means")
        scores["train"] = out_of_fold_scores(features, photos.labels, photos.groups)
        classes, folder = (self.negative, self.positive), self.options.photos
        rows = list_issues(self.parts, scores, classes, folder)
        write_issues(self.output / "label_issues.csv", rows, folder)
        print(f"{len(rows)} labels are doubtful: label_issues.csv names them")

    def save_filters(self, models, threshold):
        """Write the file of each member, with the threshold of the ensemble."""
        task, classes = self.options.task, (self.positive, self.negative)
        pixels = self.options.side, self.options.resize
        traits = Traits(task, *classes, threshold, *pixels)
        for number, model in enumerate(models, start=1):
            save_filter(model, traits, self.output / f"{task}_{number}.keras")


def _by_name(member_scores, part):
    """Return the scores of a part by the name of the member, the ensemble's last."""
    members = {
        f"member_{number}": scores[part]
        for number, scores in enumerate(member_scores, start=1)
    }
    # "All members above t" is "the lowest score above t".
    return members | {"ensemble": np.min(list(members.values()), axis=0)}


def _say_epoch(member, figures):
    print(
        f"member {member}  stage {figures['stage']}  loss {figures['loss']:.4f}  "
        f"validation loss {figures['validation_loss']:.4f}",
        flush=True,
    )


def _say_figures(asked, figures):
    reached = figures["validation"]["ensemble"]["precision"]
    if reached["value"] is None or reached["value"] < asked:
        print(
            f"No threshold reaches the precision {asked:g} on the validation photos: "
            f"the nearest is {_range(reached)}."
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
