from loss_table import LOG_COLUMNS, read_rows

HEAD = ",".join(LOG_COLUMNS) + "\n"
ROW = "20,1,train,3.5,2.0,1.0,0.5,3.0,0.001\n"


def test_rows_come_by_the_names_of_their_columns(tmp_path):
    path = tmp_path / "losses.csv"
    path.write_text(HEAD + ROW)
    (row,) = read_rows(path)
    assert row["step"] == "20"
    assert row["split"] == "train"
    assert row["learning_rate"] == "0.001"


def test_a_line_that_a_power_cut_tore_is_left_out(tmp_path):
    path = tmp_path / "losses.csv"
    # Torn in the middle; and torn, then written on.
    for torn in ("40,1,train,3.", "40,1,tra\n", ROW.strip() + ",60,1\n"):
        path.write_text(HEAD + ROW + torn)
        assert [row["step"] for row in read_rows(path)] == ["20"]
