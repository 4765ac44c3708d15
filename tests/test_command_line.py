import dataclasses

import pytest

import hyperparameters
from command_line import parse
from hyperparameters import Hyperparameters, expected
from mistakes import UserMistake
from run_folder import RunFolder


@pytest.fixture(autouse=True)
def _in_a_folder_without_runs(tmp_path_factory, monkeypatch):
    # Where the suite lies, a run of the default name may have been made.
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))


def refused(capsys, *argv):
    with pytest.raises(SystemExit) as ended:
        parse([*argv])
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("main.py: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_nothing_given_means_the_defaults():
    arguments = parse([])
    assert arguments.settings == Hyperparameters()
    assert arguments.run.path.as_posix() == "runs/castles"
    assert not arguments.is_resumed
    assert not arguments.is_dry_run


def test_every_setting_has_a_flag_of_its_name():
    for setting in dataclasses.fields(Hyperparameters):
        value = setting.default
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        settings = parse([f"--{setting.name}", text]).settings
        assert settings == Hyperparameters(), setting.name


def test_flags_override_the_preset():
    arguments = parse(
        "--preset landmarks_128 --beta 4 --latent_dim 32 --steps_per_epoch 7 "
        "--flip false --encoder_filters 8,8,16 --runs-folder /tmp/r --dry-run".split()
    )
    settings = arguments.settings
    assert settings.img_dim == 128
    assert (settings.beta, settings.latent_dim) == (4.0, 32)
    assert settings.steps_per_epoch == 7
    assert settings.flip is False
    assert settings.encoder_filters == (8, 8, 16)
    assert arguments.run.path.as_posix() == "/tmp/r/landmarks_128"
    assert arguments.is_dry_run


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--bta", "3"], ["--bta"]),
        (["--bet", "3"], ["--bet"]),
        (["--beta", "much"], ["--beta", "'much'", "a number"]),
        (["--beta", "-1"], ["--beta", "-1.0", "from 0"]),
        (["--epochs", "2.5"], ["--epochs", "'2.5'", "a whole number"]),
        (["--flip", "perhaps"], ["--flip", "'perhaps'", "true or false"]),
        (["--encoder_filters", "8,x"], ["--encoder-filters", "'8,x'"]),
        (["--objective", "gan"], ["--objective", "'gan'", "beta_tc"]),
        (["--castle_count=0"], ["--castle-count", "0", "from 1"]),
        (["--img_dim", "100"], ["--img-dim", "100", "multiple of 16"]),
        (["--preset", "huge"], ["--preset", "'huge'", "landmarks_128"]),
        (["--name", "../up"], ["--name", "'../up'"]),
        (["--resume"], ["--resume", "there is no run"]),
        (["castles"], ["castles"]),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    argv, words, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    line = refused(capsys, *argv)
    for word in words:
        assert word in line
    assert not list(tmp_path.iterdir())


def begun_run(tmp_path, **changes):
    settings = dataclasses.replace(Hyperparameters(), name="mine", **changes)
    (tmp_path / "mine").mkdir(exist_ok=True)
    RunFolder(tmp_path / "mine").save_start(settings, skipped=[])
    return ["--resume", "--name", "mine", "--runs-folder", str(tmp_path)]


def test_a_resumed_run_keeps_the_settings_it_began_with(tmp_path):
    arguments = parse(begun_run(tmp_path, beta=0.7))
    assert arguments.is_resumed
    assert arguments.settings == RunFolder(tmp_path / "mine").read_settings()
    assert arguments.settings.beta == 0.7


def test_a_resumed_run_may_get_more_epochs_but_no_other_change(tmp_path, capsys):
    argv = begun_run(tmp_path, beta=0.7)
    assert parse([*argv, "--epochs", "50"]).settings.epochs == 50
    assert parse([*argv, "--beta", "0.7"]).settings.beta == 0.7
    line = refused(capsys, *argv, "--beta", "0.8")
    assert "--beta" in line
    assert "0.8" in line
    assert "0.7" in line


def test_help_shows_each_setting_with_its_limits_and_default(capsys):
    with pytest.raises(SystemExit) as ended:
        parse(["--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for setting in dataclasses.fields(Hyperparameters):
        assert f"--{setting.name.replace('_', '-')} " in text
        # Lines are broken after the dashes of words.
        assert expected(setting).replace("-", "") in text.replace("- ", "").replace(
            "-", ""
        )
    assert "a number above 0 up to 1; default: 0.96" in text


def test_how_to_go_on_names_the_run_as_it_is(tmp_path):
    argv = ["--name", "mine", "--runs-folder", str(tmp_path)]
    arguments = parse(argv)
    assert arguments.how_to_go_on() == "give the command again: nothing is lost"
    begun_run(tmp_path)
    assert arguments.how_to_go_on() == (
        f"go on with: python main.py --resume --name mine --runs-folder {tmp_path}"
    )


def test_what_decides_no_step_may_change_in_a_resumed_run(tmp_path):
    argv = begun_run(tmp_path)
    flags = "--dataset moved --cache-gigabytes 0 --monitor-every-steps 7 "
    flags += "--demo-iterations 3 --demo-sampler prior --patience-epochs 2"
    settings = parse([*argv, *flags.split()]).settings
    assert (settings.dataset, settings.demo_sampler) == ("moved", "prior")
    assert (settings.monitor_every_steps, settings.patience_epochs) == (7, 2)
    assert settings.name == "mine"


def test_weights_to_start_from_must_fit(tmp_path, capsys):
    begun_run(tmp_path, latent_dim=8, encoder_filters=(4, 4))
    source = str(tmp_path / "mine")
    line = refused(capsys, "--start-from", source)
    assert "--start-from" in line and "--latent-dim 8" in line
    sizes = ["--latent-dim", "8", "--encoder-filters", "4,4"]
    assert "checkpoint.npz is missing" in refused(
        capsys, "--start-from", source, *sizes
    )
    RunFolder(source).checkpoint.touch()
    arguments = parse(["--start-from", source, *sizes, "--beta", "3"])
    assert arguments.settings.start_from == source
    assert "holds no run" in refused(capsys, "--start-from", str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", "3"), ("latent_dim", 64.0), ("flip", "no"), ("bta", 3)],
)
def test_what_was_edited_into_a_preset_is_checked_like_a_flag(
    name, value, monkeypatch, capsys
):
    monkeypatch.setitem(hyperparameters.PRESETS, "castles", {name: value})
    line = refused(capsys, "--dry-run")
    assert (
        name.replace("_", "-") in line.replace("_", "-")
        and repr(value) in line
        or (name == "bta" and "is no setting" in line)
    )


def test_a_list_edited_into_a_default_is_checked_like_a_flag():
    field = hyperparameters._setting([16, 32], "filters", at_least=1)
    edited = dataclasses.make_dataclass(
        "Edited",
        [("encoder_filters", tuple[int, ...], field)],
        bases=(Hyperparameters,),
        frozen=True,
    )
    with pytest.raises(UserMistake, match=r"--encoder-filters: received \[16, 32\]"):
        edited()
