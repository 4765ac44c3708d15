"""Photos that were labelled where they are: divided into parts by what they show.

Photos of one landmark or of one folder, and their near-duplicates, are a group, and no
group is in two parts. Figures are true of a collection only if they are taken on photos
drawn from it at random: no others are validated or tested on.
"""

from pathlib import PurePosixPath

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mistakes import UserMistake
from pictures.splits import split_of
from pictures.walk import printable
from transfer_learning.labels import CLASSES
from transfer_learning.photos.labelled import PARTS, check_photos
from transfer_learning.selection.manifests import read_csv


def read_answered(folder, answers, positive, places_of, looks_of):
    """Return the photos that were answered by yes or no.

    Args:
        folder: of the photos.
        answers: the answer by the path of the photo below `folder`.
        positive: the answer that a score near 1 stands for.
        places_of: function of such paths that returns where each photo was taken.
        looks_of: function of `LabelledPhotos` that numbers what looks alike.

    Returns:
        `LabelledPhotos` in their groups, and `(path, reason)` of those left out.

    Raises:
        UserMistake: a path leads out of the folder, or none is answered and there.
        Mishap: a photo cannot be had.
    """
    names, left_out = [], []
    for name in sorted(name for name in answers if answers[name] in CLASSES):
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise UserMistake(f"{printable(name)} leads out of {printable(folder)}")
        if (folder / name).exists():
            names.append(name)
        else:
            left_out.append((folder / name, "it is not there"))
    labels = np.array([answers[name] == positive for name in names], np.float32)
    paths = [folder / name for name in names]
    photos, unreadable = check_photos(paths, labels, places_of(names), "answers")
    if not photos.paths:
        raise UserMistake(
            f"no photo of {printable(folder)} that is there has an answer yes or no: "
            f"name the folder below which the labels file names photos"
        )
    groups = join_groups(photos.groups, looks_of(photos))
    return photos._replace(groups=groups), left_out + unreadable


def divide(photos, is_drawn, held_out_percent):
    """Divide photos by a hash of their group, which stays in its part ever after.

    Args:
        photos: `LabelledPhotos`.
        is_drawn: bool `(count,)`, whether each was drawn at random.
        held_out_percent: so many of 100 groups are validated, and as many tested on.

    Returns:
        `LabelledPhotos` by the name of the part, and `(path, reason)` of those left
        out: not drawn at random, but of a group that is validated or tested on.

    Raises:
        UserMistake: a part has no photos of both classes.
    """
    percent = dict.fromkeys(PARTS[1:], held_out_percent)
    part_of = np.array([split_of(group, percent) for group in photos.groups])
    is_used = is_drawn | (part_of == "train")
    parts = {
        part: photos.of(np.flatnonzero(is_used & (part_of == part))) for part in PARTS
    }
    for part, own in parts.items():
        if len(set(own.labels.tolist())) < 2:
            raise UserMistake(
                f"{part} would not have photos of both classes, only {len(own.paths)} "
                f"in all; only photos drawn at random are validated or tested on, and "
                f"of {len(is_drawn)} photos {is_drawn.sum()} were: label more, or give "
                f"--ignore-folders if folders are no places"
            )
    reason = "not drawn at random, and its group is validated or tested on"
    return parts, [(photos.paths[index], reason) for index in np.flatnonzero(~is_used)]


def read_landmarks(path, names):
    """Return the id of the landmark on each photo that a csv file knows.

    The keys are ids of photos, which are their names on disk.

    Raises:
        UserMistake: the file lacks a column.
    """
    wanted = {PurePosixPath(name).stem for name in names}
    try:
        return {
            row["id"]: row["landmark_id"]
            for row in read_csv(path)
            if row["id"] in wanted
        }
    except KeyError as error:
        raise UserMistake(
            f"{path} has no column {error}: --landmark-ids needs id and landmark_id"
        ) from error


def places_of(names, landmarks, by_folder):
    """Return where each photo was taken: its landmark, else its folder, else itself.

    Args:
        names: paths of photos inside their collection.
        landmarks: as `read_landmarks` returns them.
        by_folder: whether a folder below the collection's is a place.
    """
    return [_place_of(PurePosixPath(name), landmarks, by_folder) for name in names]


def _place_of(path, landmarks, by_folder):
    if path.stem in landmarks:
        return f"landmark {landmarks[path.stem]}"
    if by_folder and path.parent.name:
        return f"{path.parent}/"
    return str(path)


def join_groups(places, looks):
    """Return the name of its group for each photo.

    Photos are joined by a place, and by the number of their look, an int array
    `(count,)`; a group is called like the first of its places.
    """
    names, rows = np.unique(places, return_inverse=True)
    ends = rows, len(names) + looks
    count = len(names) + looks.max() + 1
    graph = coo_array((np.ones(len(rows)), ends), (count, count))
    _, joined = connected_components(graph, directed=False)
    _, first = np.unique(joined, return_index=True)
    return [str(names[first[group]]) for group in joined[rows]]
