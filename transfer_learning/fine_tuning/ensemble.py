"""From sorted photos to an ensemble of filters with known figures.

Owns what members share: photos, features, one threshold, the figures and the files.
"""

import functools

import keras
import numpy as np

from transfer_learning.filters.network import build_filter, save_filter, split_filter
from transfer_learning.filters.traits import Traits
from transfer_learning.fine_tuning.member import MemberTraining
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
    key_of,
    read_part,
)
from transfer_learning.selection.manifests import read_csv, write_csv
from transfer_learning.selection.run_record import write_json

LISTING_COLUMNS = ("part", "path", "label", "sha256")


class EnsembleTraining:
    """The steps of one run, in the order of the methods.

    Raises:
        UserMistake: the folders of the photos are not as they should be.
    """

    def __init__(self, options):
        self.options, self.output, self.parts = options, options.output, {}
        self.checkpoints = None
        classes = find_classes(options.photos, options.task, options.positive)
        self.positive, self.negative = classes

    def read_photos(self):
        """List the photos of all parts, and in a file those that cannot be read."""
        unreadable, listed = [], []
        for part in PARTS:
            folder = self.options.photos / part
            photos, faults = read_part(folder, self.positive, self.negative)
            self.parts[part] = photos
            unreadable += [{"path": path, "error": error} for path, error in faults]
            listed += _listing(part, folder, photos)
            positives = int(photos.labels.sum())
            negatives = len(photos.labels) - positives
            print(f"{part}: {positives} {self.positive}, {negatives} {self.negative}")
        if unreadable:
            print(f"{len(unreadable)} photos cannot be read: unreadable.csv names them")
        write_csv(self.output / "unreadable.csv", unreadable, ["path", "error"])
        _say_changes(self.output / "photos.csv", listed)
        write_csv(self.output / "photos.csv", listed, LISTING_COLUMNS)
        # With other photos, nothing that was trained on the former ones is found.
        learnt_from = [self.parts[part] for part in PARTS[:2]]
        key = key_of(*((p.digests, p.labels.tolist()) for p in learnt_from))
        self.checkpoints = self.output / "checkpoints" / key

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
        return {
            part: cache_features(
                trunk,
                self.parts[part],
                self.options.resize,
                self.options.batch_size,
                self.output / "features",
                part,
            )
            for part in parts
        }

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

    def save_filters(self, models, threshold):
        """Write the file of each member, with the threshold of the ensemble."""
        task, classes = self.options.task, (self.positive, self.negative)
        pixels = self.options.side, self.options.resize
        traits = Traits(task, *classes, threshold, *pixels)
        for number, model in enumerate(models, start=1):
            save_filter(model, traits, self.output / f"{task}_{number}.keras")


def _listing(part, folder, photos):
    """Return a row for each photo of a part."""
    rows = zip(photos.paths, photos.labels, photos.digests, strict=True)
    return [
        {
            "part": part,
            "path": path.relative_to(folder).as_posix(),
            "label": str(int(label)),
            "sha256": digest,
        }
        for path, label, digest in rows
    ]


def _say_changes(path, listed):
    """Say how the photos differ from those that the last start noted in `path`."""
    if not path.is_file():
        return
    before = {tuple(row.values()) for row in read_csv(path)}
    now = {tuple(row.values()) for row in listed}
    if before != now:
        print(
            f"The photos have changed: {len(now - before)} are new and "
            f"{len(before - now)} gone since the last start. What depends on them is "
            f"done anew."
        )


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
