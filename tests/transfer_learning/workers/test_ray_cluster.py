import pytest

pytest.importorskip(
    "ray",
    reason="needs `pip install -r transfer_learning/requirements-ray.txt`",
)

from mistakes import Mishap, UserMistake  # noqa: E402
from transfer_learning.workers.ray_cluster import connected_to, share_out  # noqa: E402


@pytest.mark.parametrize(
    ("machines", "wanted", "shared_out"),
    [
        # Without GPUs four processors make a worker, or all that a machine has.
        ([(2, 0)], {}, (1, 2, 0)),
        ([(16, 0), (8, 0), (3, 0)], {}, (6, 4, 0)),
        # With GPUs each makes a worker, with its share of the processors.
        ([(48, 4), (48, 4)], {}, (8, 12, 1)),
        # The machine with the fewest processors for each GPU decides.
        ([(48, 4), (16, 4), (64, 0)], {}, (8, 4, 1)),
        ([(48, 4)], {"gpus": 0}, (12, 4, 0)),
        ([(48, 4)], {"gpus": 2}, (2, 24, 2)),
        ([(16, 0)], {"cpus": 5}, (3, 5, 0)),
        # A cluster that grows gets as many as are asked for.
        ([(16, 0)], {"workers": 40, "cpus": 16}, (40, 16, 0)),
    ],
)
def test_machines_are_shared_out(machines, wanted, shared_out):
    assert share_out(machines, **wanted) == shared_out


def test_a_worker_that_fits_nowhere_is_refused():
    with pytest.raises(UserMistake, match=r"8 CPUs and 0 GPUs, they have \[\(4, 0\)\]"):
        share_out([(4, 0), (4, 0)], cpus=8)


def test_a_cluster_that_does_not_answer_is_named():
    with pytest.raises(Mishap, match="no cluster at 127.0.0.1:9"):
        with connected_to("127.0.0.1:9"):
            pass
