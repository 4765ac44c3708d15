from types import SimpleNamespace

from report import latent_sections
from tests.small_run import FACTORS, LATENTS


def run_of(latents, given_names=None):
    folder = SimpleNamespace(read_names=lambda: given_names or {})
    return SimpleNamespace(folder=folder, metrics={"latents": latents})


def test_a_dimension_is_called_as_the_user_calls_it():
    run = run_of(LATENTS | FACTORS, {"z0": "warm light"})
    names = [row.name for row in latent_sections.information(run)["dimensions"]]
    assert names == ["z1", "warm light"]
    rows = latent_sections.factors(run)["rows"]
    assert [name for name, _ in rows] == ["z1", "warm light"]


def test_dimensions_beyond_the_rows_are_summed():
    kl = [0.25] * 23 + [1.5, 0.5, 0.25]
    values = latent_sections.information(run_of({"kl_per_dimension": kl}))
    assert len(values["dimensions"]) == 24
    assert values["dimensions"][0].name == "z23"
    assert values["largest_kl_nats"] == 1.5
    assert (values["other_count"], values["other_kl_nats"]) == (2, 0.5)
    assert not values["any_meaning"]


def test_a_dimension_that_owns_a_factor_is_shown_however_little_it_tells():
    shares = [[0.1, 0.1] for _ in range(30)]
    owner = {"dimension": 29}
    latents = LATENTS | FACTORS
    latents |= {"kl_per_dimension": list(range(30, 0, -1))}
    latents |= {"normalized_mutual_information": shares}
    latents |= {"factors": [owner, owner]}
    rows = latent_sections.factors(run_of(latents))["rows"]
    assert [name for name, _ in rows] == [f"z{number}" for number in range(24)] + [
        "z29"
    ]
    assert [cell["is_best"] for cell in rows[-1][1]] == [True, True]


def test_scores_that_were_not_measured_are_left_out():
    scores = latent_sections.scores(run_of(LATENTS))
    assert scores["columns"] == [""]
    assert [name for name, _, _ in scores["rows"]] == ["mean_correlation"]
