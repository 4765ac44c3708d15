from transfer_learning.filters.network import build_filter
from transfer_learning.fine_tuning.stages import free_for_stage


def test_stages_free_the_last_blocks():
    model = build_filter("densenet121", 32, "unit")

    def free_blocks(stage):
        free_for_stage(model, stage)
        names = {w.path.split("/")[-2] for w in model.trainable_weights}
        return {name.split("_")[1] for name in names if name.startswith("conv5")}

    assert free_blocks(0) == set()
    assert not model.get_layer("bn").trainable
    assert free_blocks(1) == {"block16"}
    assert model.get_layer("bn").trainable
    assert free_blocks(2) == {"block14", "block15", "block16"}
    assert len(free_blocks(3)) == len(free_blocks(4)) == 16
    assert not model.get_layer("pool4_conv").trainable
