import io

import keras
import numpy as np
import pytest
from PIL import Image

import monitoring
from tests.fake_training import LOGS, begin, take_step


def sheets(folder):
    return sorted(path.name for path in folder.glob("*.png"))


def test_monitors_draw_early_on_and_then_every_so_many_steps(tmp_path, writer):
    originals = np.zeros((2, 8, 8, 3), np.uint8)
    monitor = begin(
        monitoring.ReconstructionMonitor(
            originals, folder=tmp_path / "m", every_steps=40, writer=writer
        )
    )
    for step in range(1, 121):
        take_step(monitor, step)
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
        )
    )
    written = []
    monitor._write = written.append
    for step in range(resumed_at + 1, 58):
        take_step(monitor, step)
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
    take_step(monitor, 1)
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
    take_step(monitor, 1)
    take_step(monitor, 2)
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


def test_random_latents_follow_from_the_seed():
    one, same, other = (monitoring.random_latents(500, 4, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one.dtype == np.float32
    assert one.mean() == pytest.approx(0.0, abs=0.1)
    assert one.std() == pytest.approx(1.0, abs=0.1)


def test_pictures_to_reconstruct_leave_out_what_cannot_be_read(tmp_path, capsys):
    Image.new("RGB", (30, 20), (9, 8, 7)).save(tmp_path / "b.png")
    (tmp_path / "a.jpg").touch()
    pictures = monitoring.read_to_reconstruct(tmp_path, 8)
    assert pictures.shape == (1, 8, 8, 3)
    assert "a.jpg: the file is empty" in capsys.readouterr().out
    (tmp_path / "b.png").unlink()
    with pytest.raises(ValueError, match="holds no picture to reconstruct"):
        monitoring.read_to_reconstruct(tmp_path, 8)


def test_demo_writes_single_pictures_and_one_sheet(tmp_path):
    latents = keras.Input((2,))
    pictures = keras.layers.Dense(4 * 4 * 3, activation="sigmoid")(latents)
    decoder = keras.Model(latents, keras.layers.Reshape((4, 4, 3))(pictures))
    latents = monitoring.random_latents(13, 2, seed=1)
    monitoring.write_demo(decoder, tmp_path / "demo", latents, "from somewhere")
    names = sheets(tmp_path / "demo")
    assert names == [f"dream_{number:03d}.png" for number in range(1, 14)] + [
        "dreams.png"
    ]
    with Image.open(tmp_path / "demo" / "dreams.png") as dreams:
        assert dreams.size == (2 + 10 * 6, 26 + 2 + 2 * 6)
        corner = dreams.getpixel((2, 26 + 2))
        words = np.asarray(dreams.convert("L"))[:26]
    assert words.max() > 150
    with Image.open(tmp_path / "demo" / "dream_001.png") as first:
        assert first.getpixel((0, 0)) == corner


def test_no_latents_make_no_demo(tmp_path):
    monitoring.write_demo(None, tmp_path / "demo", np.zeros((0, 2)), "from somewhere")
    assert not (tmp_path / "demo").exists()


def test_animation_shows_every_sheet_in_order_and_rests_on_the_last(tmp_path):
    for step, value in ((1, 0), (10, 120), (200, 240)):
        picture = Image.new("RGB", (8, 8), (value, value, value))
        picture.save(tmp_path / f"step_{step:06d}.png")
    monitoring.write_animation(tmp_path, tmp_path / "a.gif", frame_milliseconds=100)
    with Image.open(tmp_path / "a.gif") as animation:
        seen = []
        for frame in range(animation.n_frames):
            animation.seek(frame)
            level = animation.convert("RGB").getpixel((4, 4))[0]
            seen.append((level, animation.info["duration"]))
    assert [round(level, -1) for level, _ in seen] == [0, 120, 240]
    assert [duration for _, duration in seen] == [100, 100, 1000]


def test_no_sheets_make_no_animation(tmp_path):
    monitoring.write_animation(tmp_path, tmp_path / "a.gif")
    assert not (tmp_path / "a.gif").exists()


def test_progress_line_tells_the_losses_and_what_was_held_out(monkeypatch, capsys):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    line = begin(monitoring.ProgressLine(2, steps_per_epoch=3, batch_size=10), step=1)
    take_step(line, 2)
    line.on_epoch_end(0, {f"val_{name}": value for name, value in LOGS.items()})
    assert "20/60" in stream.getvalue()
    assert "step 2" in stream.getvalue()
    assert "squared errors 7.0, KL 2.0, perceptual 1" in stream.getvalue()
    assert "held out: loss 10.0" in capsys.readouterr().out
