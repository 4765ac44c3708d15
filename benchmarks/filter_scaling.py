"""How long filtering Google Landmarks v2 takes with more and more workers: simulated.

    python -m benchmarks.filter_scaling --photos-per-second 500 --gigabits 10

A worker fetches an archive, scores it and takes the next one. All workers share one
line. Nothing is measured here: the rate of one worker is yours to give, from
`benchmarks.filters` on your machine. A table is printed: hours, how much of the
workers' time goes into scoring, and of the line into fetching.
"""

import collections

from benchmarks import side_by_side

# Archives, photos and bytes of the three splits together; 595 GB in all.
SPLITS = ((500, 4_132_914), (100, 761_757), (20, 117_577))
BYTES_PER_PHOTO = 595e9 / sum(photos for _, photos in SPLITS)
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 620)


def main():
    """Print one row for each number of workers."""
    options = _parse()
    archives = [photos / count for count, photos in SPLITS for _ in range(count)]
    print(f"{'workers':>7}{'hours':>9}{'speed-up':>10}{'scoring':>9}{'line':>7}")
    alone = None
    for count in WORKERS:
        hours, scoring, line = simulate(
            count, archives, options.photos_per_second, options.gigabits
        )
        alone = alone or hours
        print(
            f"{count:7}{hours:9.2f}{alone / hours:10.1f}{scoring:9.0%}{line:7.0%}",
        )


def _parse():
    parser = side_by_side.build_parser(__doc__)
    parser.add_argument("--photos-per-second", type=float, default=500, metavar="R")
    parser.add_argument("--gigabits", type=float, default=10, metavar="G")
    return parser.parse_args()


def simulate(workers, archives, photos_per_second, gigabits):
    """Return the hours of a run, and the shares of scoring and of the line in them.

    `archives` are the photos in each, in the order in which they are done. Those who
    fetch share the line of so many gigabits a second equally.
    """
    line = gigabits * 1e9 / 8
    waiting = collections.deque(archives)
    fetching, scoring = [], []  # [bytes left, photos] and seconds left
    now = 0.0
    while waiting or fetching or scoring:
        while waiting and len(fetching) + len(scoring) < workers:
            photos = waiting.popleft()
            fetching.append([photos * BYTES_PER_PHOTO, photos])
        share = line / max(1, len(fetching))
        ends = [left / share for left, _ in fetching] + scoring
        passed = min(ends)
        now += passed
        scoring = [left - passed for left in scoring if left > passed]
        for each in fetching:
            each[0] -= passed * share
        # A byte is less than what rounding leaves over.
        fetched = [each for each in fetching if each[0] < 1]
        fetching = [each for each in fetching if each[0] >= 1]
        scoring += [photos / photos_per_second for _, photos in fetched]
    busy = sum(archives) / photos_per_second / (workers * now)
    return now / 3600, busy, sum(archives) * BYTES_PER_PHOTO / line / now


if __name__ == "__main__":
    main()
