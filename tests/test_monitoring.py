import os

import numpy as np
import pytest
from PIL import Image

import monitoring
from tests.fake_training import begin, take_step


def sheets(folder):
    return sorted(path.name for path in folder.glob("*.png"))


def test_monitors_draw_early_on_and_then_every_so_many_steps(tmp_path, writer):
    originals = np.zeros((2, 8, 8, 3), np.uint8)
    monitor = begin(
        monitoring.ReconstructionMonitor(
            originals, folder=tmp_path / "m", every_steps=40, writer=writer
        )
    )
    for _ in range(120):
        take_step(monitor)
    drawn = [int(name[5:11]) for name in sheets(tmp_path / "m")]
    assert drawn == [1, 10, 40, 80, 100, 120]


@pytest.mark.parametrize("resumed_at", [0, 50, 56])
def test_the_last_step_is_shown_once_wherever_training_begins(
    tmp_path, writer, resumed_at
):
    monitor = begin(
        monitoring.GenerationMonitor(
            np.zeros((1, 1)),
            folder=tmp_path / "m",
            every_steps=40,
            writer=writer,
            last_step=57,
        ),
        step=resumed_at,
    )
    written = []
    monitor._write = written.append
    for _ in range(resumed_at, 57):
        take_step(monitor)
    assert written[-1] == 57
    assert written.count(57) == 1


def test_each_reconstruction_stands_below_its_original(tmp_path, writer):
    originals = np.zeros((7, 8, 8, 3), np.uint8)
    originals[:] = np.arange(7)[:, None, None, None] * 10
    monitor = begin(
        monitoring.ReconstructionMonitor(
            originals, folder=tmp_path / "m", every_steps=1, writer=writer, singles=True
        )
    )
    take_step(monitor)
    image = np.asarray(Image.open(tmp_path / "m" / "step_000001.png"))
    scale, gap = 16, 2
    cell = 8 * scale + gap

    def tile(row, column):
        return image[gap + row * cell + 60, gap + column * cell + 60, 0]

    for index in range(7):
        row, column = divmod(index, 6)
        assert tile(2 * row, column) == 10 * index
        assert tile(2 * row + 1, column) == 255 - 10 * index
    singles = sheets(tmp_path / "m" / "step_000001")
    assert singles == [f"picture_{number:02d}.png" for number in range(1, 8)]


def test_generation_decodes_the_same_latents_each_time(tmp_path, writer):
    latents = np.array([[0.0], [1.0]])
    monitor = begin(
        monitoring.GenerationMonitor(
            latents, folder=tmp_path / "m", every_steps=1, writer=writer
        )
    )
    take_step(monitor)
    take_step(monitor)
    first, second = (
        (tmp_path / "m" / f"step_{step:06d}.png").read_bytes() for step in (1, 2)
    )
    assert first == second
    image = np.asarray(Image.open(tmp_path / "m" / "step_000002.png"))
    assert image[50, 50, 0] == 0
    assert image[50, 190, 0] == 255


def test_intervals_below_one_are_refused(tmp_path):
    with pytest.raises(ValueError, match="every_steps: received 0"):
        monitoring.PictureMonitor(tmp_path, 0, None)


def test_animation_shows_every_sheet_in_order_and_rests_on_the_last(tmp_path):
    monitor = monitoring.PictureMonitor(tmp_path / "m", 1, None)
    (tmp_path / "m").mkdir()
    for step, value in ((1, 0), (10, 120), (200, 240)):
        picture = Image.new("RGB", (8, 8), (value, value, value))
        picture.save(tmp_path / "m" / f"step_{step:06d}.png")
    monitor.write_animation(tmp_path / "m.gif")
    with Image.open(tmp_path / "m.gif") as animation:
        seen = []
        for frame in range(animation.n_frames):
            animation.seek(frame)
            level = animation.convert("RGB").getpixel((4, 4))[0]
            seen.append((level, animation.info["duration"]))
    assert [round(level, -1) for level, _ in seen] == [0, 120, 240]
    assert [duration for _, duration in seen] == [250, 250, 2500]


def test_more_sheets_than_a_process_may_open_are_animated(tmp_path):
    resource = pytest.importorskip("resource")
    monitor = monitoring.PictureMonitor(tmp_path / "m", 1, None)
    (tmp_path / "m").mkdir()
    for step in range(40):
        Image.new("RGB", (8, 8)).save(tmp_path / "m" / f"step_{step:06d}.png")
    free = os.dup(0)
    os.close(free)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 8, limits[1]))
    try:
        monitor.write_animation(tmp_path / "m.gif")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert (tmp_path / "m.gif").is_file()


def test_no_sheets_make_no_animation(tmp_path):
    monitor = monitoring.PictureMonitor(tmp_path / "m", 1, None)
    monitor.write_animation(tmp_path / "m.gif")
    assert not (tmp_path / "m.gif").exists()
