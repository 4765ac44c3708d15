"""The sections of a report about the latent dimensions: what each tells, and of what.

Owns the reading of the figures of measurement.py into rows; in which words they are
shown are the macros of the same names in sections.html.
"""

from latents.dimensions import chance_share, rank_dimensions

MOST_ROWS = 24
# Light figures can be read on the colour of such a share, dark ones on a smaller.
STRONG_SHARE = 0.7

# What each score means; all go from 0 to 1.
SCORES = {
    "mutual_information_gap": "MIG: how far the best dimension of a factor leads",
    "dci_disentanglement": "each dimension serves one factor",
    "dci_completeness": "each factor is served by one dimension",
    "dci_informativeness": "all dimensions together tell the factors",
    "separated_attribute_predictability": "SAP: the same lead, by linear prediction",
    "factor_vae_score": "which factor was held still can be told by one dimension",
    "modularity": "no dimension knows of two factors",
    "explicitness": "each factor's levels can be told by a linear model",
    "infomec_modularity": "InfoM: a dimension knows of one factor only",
    "infomec_explicitness": "InfoE: a linear model on all dimensions tells the factors",
    "infomec_compactness": "InfoC: a factor is known by one dimension only",
    "mean_correlation": "of two dimensions; 0 is best",
}


def information(run):
    """Return what each dimension tells, the largest KL divergence first."""
    ranked = rank_dimensions(run.metrics["latents"], run.folder.read_names())
    shown, others = ranked[:MOST_ROWS], ranked[MOST_ROWS:]
    return {
        "dimensions": shown,
        "largest_kl_nats": max(ranked[0].kl_nats, 1e-9),
        "any_meaning": any(dimension.meaning for dimension in shown),
        "other_count": len(others),
        "other_kl_nats": sum(dimension.kl_nats for dimension in others),
    }


def factors(run):
    """Return which dimension knows how much about which known factor."""
    latents = run.metrics["latents"]
    if "factor_names" not in latents:
        return {"why_not": latents.get("factors_not_measured"), "names": None}
    return {
        "why_not": None,
        "names": latents["factor_names"],
        "rows": _heat_map(latents, run.folder.read_names()),
        "learnt": latents["factors"],
        "owned_count": latents["owned_factor_count"],
        "chance": chance_share(latents["picture_count"]),
    }


def _heat_map(latents, given_names):
    """Return pairs of a dimension's name and its cells, one for each factor.

    The largest KL divergence comes first. A dimension that knows most about a factor
    is there however little it tells.
    """
    owners = [owner["dimension"] for owner in latents["factors"]]
    return [
        (dimension.name, _cells(latents, dimension.number, owners))
        for rank, dimension in enumerate(rank_dimensions(latents, given_names))
        if rank < MOST_ROWS or dimension.number in owners
    ]


def _cells(latents, number, owners):
    shares = latents["normalized_mutual_information"][number]
    return [
        {
            "share": share,
            "is_strong": share > STRONG_SHARE,
            "is_best": owner == number,
        }
        for share, owner in zip(shares, owners, strict=True)
    ]


def scores(run):
    """Return the scores of the code as a whole, and before the rotation too."""
    latents = run.metrics["latents"]
    columns = {"": latents}
    if "latents_before_rotation" in run.metrics:
        trained = run.metrics["latents_before_rotation"]
        columns = {"in the axes of training": trained, "turned": latents}
    rows = [
        (name, [column[name] for column in columns.values()], meaning)
        for name, meaning in SCORES.items()
        if name in latents
    ]
    return {"columns": list(columns), "rows": rows}
