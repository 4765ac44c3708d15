"""The desk: hands out photos, each to one person, and takes the answers to them."""

import threading
import time
from collections import defaultdict

from mistakes import UserMistake
from transfer_learning.annotation.choice import Shown
from transfer_learning.labels import CLASSES, REPEAT, REVIEW

# A photo is shown again to the same person after this many others.
REPEATED_AFTER = 20
# Whoever sends nothing for so long has left; the photos go to others.
ABSENT_SECONDS = 600


class Desk:
    """Hands out photos of a folder and takes answers; any thread may call it.

    Args:
        photos: paths below the folder, in a fixed order: a page knows their numbers.
        book: one of `books.py`.
        choose: one of the choosers of `choice.py`.
        repeated_share: share of the photos that are shown twice.
        doubtful: photos that are asked about alone, if there are any.
        reviewed: photos of which a doubt was answered before.
    """

    def __init__(
        self, photos, book, choose, repeated_share=0.0, doubtful=(), reviewed=()
    ):
        self.photos, self.book, self.choose = photos, book, choose
        self.repeated_share = repeated_share
        self.numbers = {photo: number for number, photo in enumerate(photos)}
        self.doubtful = set(doubtful) & set(self.numbers)
        self.total = len(self.doubtful) or len(photos)
        self.reviewed = set(reviewed)
        # By person: what is shown at this moment, and what was in this sitting.
        self.handed_out, self.shown = defaultdict(dict), defaultdict(dict)
        self.seen_at = {}
        self.answered_here, self.done, self.skipped = [], set(), set()
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
            self._take_from_absent(person)
            mine = self.handed_out[person]
            while len(mine) < count:
                guesses = None
                if is_same_guess:
                    guesses = {shown.guess for shown in mine.values()} or set(CLASSES)
                shown = self._next(guesses)
                if shown is None:
                    break
                mine[shown.photo] = shown
            self.shown[person] |= mine
            pairs = [(self.numbers[photo], shown) for photo, shown in mine.items()]
            return pairs[:count]

    def _take_from_absent(self, person):
        """Note that the person is there, and let go of what others left behind."""
        now = time.monotonic()
        self.seen_at[person] = now
        for other, seen in self.seen_at.items():
            if now - seen > ABSENT_SECONDS:
                self.handed_out[other].clear()

    def _next(self, guesses):
        """Return what is shown next, of any guess or of one of some."""
        taken = self.skipped.union(*self.handed_out.values())

        def is_free(shown):
            photo = shown.photo
            if photo not in self.numbers or photo in taken:
                return False
            if guesses is not None and shown.guess not in guesses:
                return False
            if shown.chosen == REVIEW:
                return photo not in self.reviewed
            return photo not in self.done and not self.book.answers.get(photo)

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
            self._take_from_absent(person)
            for number, answer in answers:
                if not 0 <= number < len(self.photos):
                    raise UserMistake(f"there is no photo {number}")
                if answer and not self.book.takes(answer):
                    raise UserMistake(f"{answer!r} is no answer here")
            by_chosen = defaultdict(list)
            for number, answer in answers:
                shown = self._shown_to(person, self.photos[number])
                if answer is None:
                    self.skipped.add(shown.photo)
                    self.handed_out[person].pop(shown.photo, None)
                else:
                    by_chosen[shown.chosen].append((shown, answer))
            for chosen, pairs in by_chosen.items():
                told = [(shown.photo, answer) for shown, answer in pairs]
                self.book.save(told, person, chosen)
                for shown, answer in pairs:
                    self._note(person, shown, answer)

    def _shown_to(self, person, photo):
        """Return how a photo was shown to a person; one of earlier is in doubt now."""
        earlier = Shown(photo, REVIEW, "answered before")
        return self.shown[person].setdefault(photo, earlier)

    def _note(self, person, shown, answer):
        photo, mine = shown.photo, self.handed_out[person]
        if answer == "":
            # It is shown again at once, to nobody else.
            mine[photo] = shown
            self.done.discard(photo)
            self.reviewed.discard(photo)
            return
        mine.pop(photo, None)
        self.done.add(photo)
        if shown.chosen == REVIEW:
            self.reviewed.add(photo)
        elif shown.chosen != REPEAT:
            self.answered_here.append(photo)

    def trail(self, person):
        """Return what a person answered: pairs of number and answer, in order."""
        with self._lock:
            photos = [
                photo for photo in self.book.trail(person) if photo in self.numbers
            ]
            answers = self.book.answers
            return [(self.numbers[photo], answers.get(photo, "")) for photo in photos]

    @property
    def answered_count(self):
        """Return how many of the photos that are asked about have an answer."""
        if self.doubtful:
            return len(self.doubtful & self.reviewed)
        return sum(bool(answer) for answer in list(self.book.answers.values()))
