"""The desk: hands out photos, each to one person, and takes the answers to them."""

import threading
from collections import defaultdict

from mistakes import UserMistake
from transfer_learning.annotation.choice import Shown
from transfer_learning.labels import CLASSES, REPEAT, REVIEW

# A photo is shown again to the same person after this many others.
REPEATED_AFTER = 20
# How far back a page can go.
LONGEST_TRAIL = 500


class Desk:
    """Hands out photos of a folder and takes answers; any thread may call it.

    Args:
        photos: paths below the folder, in a fixed order: a page knows their numbers.
        book: one of `books.py`.
        choose: one of the choosers of `choice.py`.
        repeated_share: share of the photos that are shown twice.
        total: how many photos there are to be answered.
    """

    def __init__(self, photos, book, choose, repeated_share=0.0, total=None):
        self.photos, self.book, self.choose = photos, book, choose
        self.repeated_share = repeated_share
        self.total = len(photos) if total is None else total
        self.numbers = {photo: number for number, photo in enumerate(photos)}
        self.handed_out = defaultdict(dict)
        self.answered_here, self.reviewed, self.skipped = [], set(), set()
        self.handed_count = 0
        self._lock = threading.Lock()

    def hand_out(self, person, count, is_same_guess=False):
        """Return at most so many `Shown` with their numbers, for this person alone.

        Those that the person was given before and has not answered come first.

        Args:
            person: name of who answers.
            count: how many photos.
            is_same_guess: whether a filter says the same of all of them.
        """
        with self._lock:
            mine = self.handed_out[person]
            while len(mine) < count:
                guesses = None
                if is_same_guess:
                    guesses = {shown.guess for shown in mine.values()} or set(CLASSES)
                shown = self._next(guesses)
                if shown is None:
                    break
                mine[shown.photo] = shown
            pairs = [(self.numbers[photo], shown) for photo, shown in mine.items()]
            return pairs[:count]

    def _next(self, guesses):
        """Return what is shown next, of any guess or of one of some."""
        taken = self.skipped.union(*self.handed_out.values())

        def is_free(shown):
            if shown.photo not in self.numbers or shown.photo in taken:
                return False
            if guesses is not None and shown.guess not in guesses:
                return False
            if shown.chosen == REVIEW:
                return shown.photo not in self.reviewed
            return not self.book.answers.get(shown.photo)

        self.handed_count += 1
        shown = self._repetition(taken) if guesses is None else None
        return shown or self.choose(is_free)

    def _repetition(self, taken):
        """Return a photo that is shown once more, if it is time for one."""
        due = round(self.handed_count * self.repeated_share)
        if due <= len(self.book.repeated) or not self.repeated_share:
            return None
        for photo in self.answered_here[:-REPEATED_AFTER]:
            if photo not in taken and photo not in self.book.repeated:
                # Not why: who knows that it is a test answers otherwise.
                return Shown(photo, REPEAT, "drawn at random")
        return None

    def take(self, person, answers):
        """Keep answers, and return once they are on the disk.

        Args:
            person: name of who answers.
            answers: pairs of a photo's number and the answer; an empty one takes back,
                None skips the photo.

        Raises:
            UserMistake: there is no such photo, or no such answer.
        """
        with self._lock:
            mine = self.handed_out[person]
            by_chosen = defaultdict(list)
            for number, answer in answers:
                if not 0 <= number < len(self.photos):
                    raise UserMistake(f"there is no photo {number}")
                photo = self.photos[number]
                if answer and not self.book.takes(answer):
                    raise UserMistake(f"{answer!r} is no answer here")
                if answer is None:
                    mine.pop(photo, None)
                    self.skipped.add(photo)
                    continue
                # One that was answered before, and is answered otherwise, is reviewed.
                chosen = mine[photo].chosen if photo in mine else REVIEW
                by_chosen[chosen].append((photo, answer))
            for chosen, pairs in by_chosen.items():
                self.book.save(pairs, person, chosen)
                for photo, _ in pairs:
                    mine.pop(photo, None)
                    if chosen == REVIEW:
                        self.reviewed.add(photo)
                    elif chosen != REPEAT:
                        self.answered_here.append(photo)

    def trail(self, person):
        """Return what a person answered: pairs of number and answer, in order."""
        with self._lock:
            photos = [
                photo for photo in self.book.trail(person) if photo in self.numbers
            ]
            answers = self.book.answers
            return [
                (self.numbers[photo], answers.get(photo, ""))
                for photo in photos[-LONGEST_TRAIL:]
            ]

    @property
    def answered_count(self):
        """Return how many of the photos have an answer."""
        return sum(bool(answer) for answer in list(self.book.answers.values()))
