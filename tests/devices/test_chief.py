from devices import chief
from run_folder import RunFolder


def test_the_chief_writes_the_run_itself(tmp_path, capsys):
    with chief.writing(RunFolder(tmp_path), is_chief=True) as run:
        print("heard")
    assert run.path == tmp_path
    assert capsys.readouterr().out == "heard\n"


def test_what_another_machine_writes_and_says_is_dropped(tmp_path, capsys):
    shared = RunFolder(tmp_path)
    shared.checkpoint.write_bytes(b"to go on from")
    with chief.writing(shared, is_chief=False) as run:
        print("not heard")
        assert run.path != tmp_path
        assert run.checkpoint.read_bytes() == b"to go on from"
        run.losses.write_text("dropped")
    assert not run.path.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]
    assert capsys.readouterr().out == ""
