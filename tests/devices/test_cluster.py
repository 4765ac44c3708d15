import json

import pytest

from devices.cluster import Cluster, read_cluster
from mistakes import UserMistake


def tf_config(index, kind="worker"):
    cluster = {"worker": ["one:2000", "two:2000"]}
    task = {"type": kind, "index": index}
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})}


def test_without_tf_config_there_is_one_worker():
    assert read_cluster({}) == Cluster(0, 1)
    assert read_cluster({}).is_chief


def test_the_first_worker_is_the_chief():
    assert read_cluster(tf_config(0)) == (0, 2)
    assert read_cluster(tf_config(0)).is_chief
    assert not read_cluster(tf_config(1)).is_chief


@pytest.mark.parametrize(
    "environment",
    [{"TF_CONFIG": "{"}, {"TF_CONFIG": "{}"}, tf_config(2), tf_config(0, "ps")],
)
def test_what_is_not_understood_is_said_in_one_line(environment):
    with pytest.raises(UserMistake, match="TF_CONFIG: received .* expected") as caught:
        read_cluster(environment)
    assert "\n" not in str(caught.value)
