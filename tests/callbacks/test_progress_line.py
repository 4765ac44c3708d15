import io

from callbacks.progress_line import ProgressLine
from tests.fake_training import LOGS, begin, take_step


def test_the_line_tells_the_mean_losses_and_what_was_held_out(monkeypatch, capsys):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    line = begin(ProgressLine(2, steps_per_epoch=3, batch_size=10), step=1)
    take_step(line, {**LOGS, "loss": 20.0})
    take_step(line)
    line.on_epoch_end(0, {f"val_{name}": value for name, value in LOGS.items()})
    assert "30/60" in stream.getvalue()
    assert "step 3" in stream.getvalue()
    assert "loss 15.0 (squared errors 7.0, KL 2.0, perceptual 1)" in stream.getvalue()
    assert "held out: loss 10.0" in capsys.readouterr().out
