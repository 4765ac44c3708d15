import pytest

from files import whole_file, whole_folder


def test_a_file_appears_when_it_is_complete(tmp_path):
    with whole_file(tmp_path / "a") as file:
        file.write(b"new")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_fault_leaves_the_former_file(tmp_path):
    (tmp_path / "a").write_bytes(b"former")
    with pytest.raises(OSError, match="full"), whole_file(tmp_path / "a") as file:
        file.write(b"half")
        raise OSError("full")
    assert (tmp_path / "a").read_bytes() == b"former"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_processes_that_write_the_same_file_do_not_meet(tmp_path, monkeypatch):
    with whole_file(tmp_path / "a", is_shared=True) as file:
        file.write(b"first to begin")
        monkeypatch.setattr("os.getpid", lambda: -1)
        with whole_file(tmp_path / "a", is_shared=True) as other:
            other.write(b"second")
        assert (tmp_path / "a").read_bytes() == b"second"
    assert (tmp_path / "a").read_bytes() == b"first to begin"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_appears_when_it_is_complete(tmp_path):
    (tmp_path / "a.partial" / "left by a kill").mkdir(parents=True)
    with whole_folder(tmp_path / "a") as partial:
        (partial / "b").write_text("c")
        assert not (tmp_path / "a").exists()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_fault_leaves_no_folder(tmp_path):
    with pytest.raises(KeyboardInterrupt), whole_folder(tmp_path / "a") as partial:
        (partial / "b").write_text("c")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine").write_text("kept")
    with pytest.raises(FileExistsError, match="not an empty folder"):
        with whole_folder(tmp_path / "a"):
            pass
    assert (tmp_path / "a" / "mine").read_text() == "kept"
    with pytest.raises(FileExistsError), whole_folder(tmp_path / "a" / "mine"):
        pass
