"""Which photo is shown next: by chance, in a given order, or the one worth most.

A chooser is a function of `is_free`, which tells of a photo whether it can be shown;
it returns a `Shown`, or None if it has no photo left. Figures of a filter are true of a
collection only on photos that were drawn from it at random, and `train.py` validates
and tests on no others: so every way to choose mixes these in, and each answer says how
its photo was chosen.
"""

import hashlib
import heapq
import itertools
import threading
import time
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from mistakes import UserMistake
from transfer_learning.labels import CLASSES, RANDOM, REVIEW, UNCERTAIN
from transfer_learning.selection.decisions import CHOSEN, REJECTED, margin_of
from transfer_learning.selection.manifests import read_csv

# More than anybody answers in one sitting.
MOST_DRAWN = 100_000
# Photos among which a model looks for those that it learns most from.
POOL = 2000
FEATURES_AT_ONCE = 16
# Answers between two fits of the model, and how many of each class the first one needs.
REFIT_AFTER, LEAST_OF_A_CLASS = 50, 10
PAUSE_SECONDS = 0.5
# Of so many that the model is least sure of, the one least like the last is shown.
LEAST_SURE = 50
# A model that gives the person's answer less than this is shown as a doubt.
DOUBT = 0.05


class Shown(NamedTuple):
    """A photo that is shown, and why."""

    photo: str  # path below the folder
    chosen: str  # as `labels.py` names it
    why: str  # for the person to read
    guess: str = ""  # what a filter or model says: yes, no or nothing


def at_random(photos):
    """Return photos in an order that knows nothing but their names, or the first ones.

    It stays when photos are added, so that those drawn so far are a sample of all.
    """

    def key(photo):
        return hashlib.sha256(photo.encode("utf-8", "surrogateescape")).digest()

    return heapq.nsmallest(MOST_DRAWN, photos, key=key)


def in_order(shown):
    """Return the chooser that takes photos as they come: an iterable of `Shown`."""
    shown = list(shown)
    return lambda is_free: next((one for one in shown if is_free(one)), None)


def drawn(photos, guesses=None):
    """Return the chooser of photos drawn at random.

    `guesses` is a dict of yes or no by the photo.
    """
    guesses = guesses or {}
    return in_order(
        Shown(photo, RANDOM, "drawn at random", guesses.get(photo, ""))
        for photo in at_random(photos)
    )


def read_doubtful(path):
    """Return the photos whose labels are doubtful, as a csv file lists them.

    Raises:
        UserMistake: the file has no column `photo`.
    """
    rows = list(read_csv(path))
    if rows and "photo" not in rows[0]:
        raise UserMistake(f"{path} has no column 'photo': name a label_issues.csv")
    return [row["photo"] for row in rows]


def to_review(photos):
    """Return the chooser of photos whose labels are doubtful, as they come."""
    why = "look again: the filters doubt this label"
    return in_order(Shown(photo, REVIEW, why) for photo in photos)


def mixed(*choosers):
    """Return the chooser that takes from others in turn, as long as they have any."""
    turns = itertools.cycle(range(len(choosers)))

    def choose(is_free):
        first = next(turns)
        in_turn = choosers[first:] + choosers[:first]
        found = (chooser(is_free) for chooser in in_turn)
        return next((shown for shown in found if shown), None)

    return choose


def least_sure(manifest, photos):
    """Return the chooser of what a filtering decided most narrowly, mixed with chance.

    Near-equal photos do not follow each other: of each thousand, the least sure first,
    the order is by chance.

    Raises:
        UserMistake: the manifest decides on none of the photos.
    """
    known = set(photos)
    rows = {row.get("path"): row for row in read_csv(manifest)}
    decided = {
        photo: (margin_of(row["reason"]), row["verdict"])
        for photo, row in rows.items()
        if photo in known and row.get("verdict") in (CHOSEN, REJECTED)
    }
    if not decided:
        raise UserMistake(f"{manifest} decides on none of these photos")
    guesses = {
        photo: CLASSES[0] if verdict == CHOSEN else CLASSES[1]
        for photo, (_, verdict) in decided.items()
    }
    ranked = sorted(decided, key=lambda photo: decided[photo][0])
    spread = itertools.chain.from_iterable(
        at_random(ranked[start : start + 1000]) for start in range(0, len(ranked), 1000)
    )
    narrow = in_order(
        Shown(
            photo,
            UNCERTAIN,
            f"the filters say {guesses[photo]}, by {decided[photo][0]:.3f} only",
            guesses[photo],
        )
        for photo in spread
    )
    return mixed(drawn(photos, guesses), narrow)


class Learner:
    """Chooses by a model that learns from the answers: logistic regression on features.

    Of a pool of photos drawn at random, a thread of its own computes the features. By
    turns a photo is drawn at random, is the one that the model is least sure of, or one
    that was answered as a sure model, which had not seen it, would not. Until there are
    enough answers, filters stand for the model.

    Args:
        photos: paths below the folder.
        look_at: function of such paths that returns features, float `(count, size)` of
            length 1, and how sure filters are of yes, `(count,)` in [0, 1].
        answers: dict of yes, no or something else by photo; others change it.
    """

    def __init__(self, photos, look_at, answers):
        self.answers, self.look_at = answers, look_at
        order = at_random(photos)
        labelled = [photo for photo in order if answers.get(photo) in CLASSES]
        unlabelled = [photo for photo in order if answers.get(photo) not in CLASSES]
        self.pool = labelled + unlabelled[:POOL]
        self.features, self.scores, self.yes, self.doubts = {}, {}, {}, []
        self.fitted_on, self.last = 0, None
        self._model = LogisticRegression(class_weight="balanced", C=10.0, max_iter=1000)
        self._drawn = drawn(photos)
        self.choose = mixed(
            self._at_random, self._least_sure, self._at_random, self._doubtful
        )

    def start(self):
        """Begin to learn; the thread ends with the program."""
        threading.Thread(target=self._learn, daemon=True).start()

    def _learn(self):
        self.look()
        while True:
            time.sleep(PAUSE_SECONDS)
            self.update()

    def look(self):
        """Compute the features of the pool, and learn meanwhile."""
        for start in range(0, len(self.pool), FEATURES_AT_ONCE):
            photos = self.pool[start : start + FEATURES_AT_ONCE]
            features, scores = self.look_at(photos)
            self.scores |= zip(photos, scores.tolist(), strict=True)
            self.features = self.features | dict(zip(photos, features, strict=True))
            self.update()

    def __call__(self, is_free):
        """Return the next photo."""
        return self.choose(is_free)

    def update(self):
        """Fit the model again if enough answers came since, and score new photos."""
        known = [photo for photo in self.features if self.answers.get(photo) in CLASSES]
        labels = np.array([self.answers[photo] == CLASSES[0] for photo in known], bool)
        is_due = len(known) >= self.fitted_on + REFIT_AFTER or not self.fitted_on
        if is_due and min(labels.sum(), (~labels).sum()) >= LEAST_OF_A_CLASS:
            self._fit(known, labels)
        photos = [photo for photo in self.features if photo not in self.yes]
        if not self.fitted_on:
            self.yes = dict(self.scores)
        elif photos:
            scores = self._model.predict_proba(self._inputs(photos))[:, 1]
            self.yes = self.yes | dict(zip(photos, scores.tolist(), strict=True))

    def _fit(self, photos, labels):
        inputs, folds = self._inputs(photos), {"cv": 5, "method": "predict_proba"}
        unseen = cross_val_predict(self._model, inputs, labels, **folds)
        given = unseen[np.arange(len(photos)), labels.astype(int)]
        ranked = np.argsort(given)
        self.doubts = [photos[place] for place in ranked if given[place] < DOUBT]
        self._model.fit(inputs, labels)
        self.yes, self.fitted_on = {}, len(photos)

    def _inputs(self, photos):
        return np.array([self.features[photo] for photo in photos])

    def _at_random(self, is_free):
        def is_free_and_guessed(shown):
            return is_free(self._guessed(shown))

        found = self._drawn(is_free_and_guessed)
        return found and self._guessed(found)

    def _guessed(self, shown):
        return shown._replace(guess=self._guess(shown.photo))

    def _guess(self, photo):
        score = self.yes.get(photo)
        if score is None:
            return ""
        return CLASSES[0] if score > 0.5 else CLASSES[1]

    def _least_sure(self, is_free):
        # The thread puts another one in its place.
        yes = self.yes
        shown = (
            Shown(
                photo,
                UNCERTAIN,
                f"the filters are not sure: {yes[photo]:.0%} yes",
                self._guess(photo),
            )
            for photo in sorted(yes, key=lambda photo: abs(yes[photo] - 0.5))
            if self.answers.get(photo) not in CLASSES
        )
        free = list(itertools.islice(filter(is_free, shown), LEAST_SURE))
        if not free:
            return None
        if self.last is None:
            chosen = free[0]
        else:
            # Features have length 1: the least product is the largest distance.
            seen = self.features[self.last]
            chosen = min(free, key=lambda one: float(self.features[one.photo] @ seen))
        self.last = chosen.photo
        return chosen

    def _doubtful(self, is_free):
        shown = (
            Shown(
                photo,
                REVIEW,
                f"look again: you said {self.answers[photo]}, "
                "and a model that had not seen it is sure of the opposite",
            )
            for photo in self.doubts
        )
        return next(filter(is_free, shown), None)
