import numpy as np
import pytest

from latents.named_directions import find_directions, held_out_r2


@pytest.fixture
def codes():
    scales = np.array([1.0, 2.0, 0.5, 0.02])
    return np.random.default_rng(0).standard_normal((300, 4)) * scales


def test_directions_lead_along_one_property_and_leave_the_others(codes):
    # The second property leans on what the first one is.
    predictors = np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 0.5, 0.0, 0.0]])
    noise = np.random.default_rng(1).standard_normal((300, 3)) * 0.1
    scores = np.column_stack([codes @ predictors.T, np.zeros(300)]) + noise
    scores[:50, 0] = np.nan
    found, left_out = find_directions(codes, ["age", "light", "chance"], scores)
    assert [one.name for one in found] == ["light", "age"]
    assert all(one.r2 > 0.95 for one in found)
    assert list(left_out) == ["chance"] and left_out["chance"] < 0.1
    light, age = (one.direction for one in found)
    np.testing.assert_allclose(light, [0, 1, 0, 0], atol=0.02)
    # Straight along the first dimension would change the light as well.
    np.testing.assert_allclose(age, [0.447, -0.894, 0, 0], atol=0.02)
    low, high = np.percentile(codes @ light, [1, 99])
    assert (found[0].low, found[0].high) == pytest.approx((low, high))


def test_r2_is_that_of_pictures_that_were_not_fitted_to():
    random = np.random.default_rng(0)
    # So many dimensions fit any scores of so few pictures.
    codes, scores = random.standard_normal((40, 39)), random.standard_normal(40)
    assert held_out_r2(codes, scores) < 0.3
    scores[9:] = np.nan
    assert held_out_r2(codes, scores) == 0


def test_nothing_is_found_where_nothing_is_told(codes):
    noise = np.random.default_rng(2).standard_normal((300, 1))
    found, left_out = find_directions(codes, ["chance"], noise)
    assert found == [] and list(left_out) == ["chance"]
