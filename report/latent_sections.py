"""The sections of a report about the latent dimensions: what each tells, and of what.

Owns the tables made from the figures of measurement.py.
"""

from html import escape

from latents.dimensions import chance_share, rank_dimensions
from latents.information import OWNED_GAP, OWNED_SCORE
from report.page import table

MOST_ROWS = 24
STRONG_SHARE = 0.5

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
    "mean_correlation": "of two dimensions; 0 is best",
}


def information(run):
    """Draw the KL divergence of each dimension as a bar, the largest first."""
    ranked = rank_dimensions(run.metrics["latents"])
    largest = max(ranked[0].kl_nats, 1e-9)
    rows = []
    for each in ranked[:MOST_ROWS]:
        percent = 100 * each.kl_nats / largest
        bar = f'<div class="bar" style="width:{percent:.1f}%"></div>'
        rows.append((each.name, bar, f"{each.kl_nats:.2f}", escape(each.meaning)))
    rest = sum(each.kl_nats for each in ranked[MOST_ROWS:])
    more = len(ranked) - len(rows)
    note = (
        f"<p>{more} further dimensions: {rest:.2f} nats together.</p>" if more else ""
    )
    heads = ("", "", "nats", "knows most about" if any(row[3] for row in rows) else "")
    return (
        "<p>KL divergence from the prior: how many nats each dimension tells about a "
        "picture on average. One near 0 is not in use.</p>"
        + table(heads, rows, style="bars", numbers=(2,))
        + note
    )


def factors(run):
    """Draw which dimension knows how much about which known factor."""
    latents = run.metrics["latents"]
    if "factors_not_measured" in latents:
        return f"<p>Not measured: {escape(latents['factors_not_measured'])}.</p>"
    if "factor_names" not in latents:
        return (
            "<p>No factors are known of these pictures. A <code>factors.csv</code> in "
            "the folder of the test pictures would be measured against.</p>"
        )
    owned = latents["owned_factor_count"]
    chance = chance_share(latents["picture_count"])
    return (
        f"<p>{owned} of {len(latents['factor_names'])} factors have a dimension of "
        f"their own: one that knows more than {OWNED_SCORE} of the factor, and leads "
        f"the next by more than {OWNED_GAP}. The numbers are mutual information over "
        "the entropy of the factor; framed is the dimension that knows most of each. "
        f"Chance alone shows up to {chance:.2f}.</p>"
        + _heat_map(latents)
        + "<h3>Owners</h3>"
        + _owners(latents)
    )


def _heat_map(latents):
    shares = latents["normalized_mutual_information"]
    owners = [owner["dimension"] for owner in latents["factor_owners"]]
    ranked = [each.number for each in rank_dimensions(latents)]
    shown = [
        number
        for place, number in enumerate(ranked)
        if place < MOST_ROWS or number in owners
    ]
    heads = "".join(f"<th>{_words(name)}</th>" for name in latents["factor_names"])
    body = "\n".join(
        f"<tr><th>z{number}</th>"
        + "".join(
            _heat_cell(share, is_best=owner == number)
            for share, owner in zip(shares[number], owners, strict=True)
        )
        + "</tr>"
        for number in shown
    )
    return (
        '<div class="scroll"><table class="heat"><thead><tr><th></th>'
        f"{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _heat_cell(share, is_best):
    kinds = " ".join(["strong"] * (share > STRONG_SHARE) + ["best"] * is_best)
    return f'<td class="{kinds}" style="--share:{share:.2f}">{share:.2f}</td>'


def _owners(latents):
    rows = [
        (
            _words(owner["factor"]),
            f"z{owner['dimension']}",
            f"{owner['score']:.2f}",
            _rival(owner),
            "a dimension of its own" if owner["is_owned"] else "",
        )
        for owner in latents["factor_owners"]
    ]
    heads = ("factor", "best", "share", "second best", "")
    return table(heads, rows, numbers=(2,))


def _rival(owner):
    if owner["second_dimension"] is None:
        return ""
    return f"{owner['second_score']:.2f} (z{owner['second_dimension']})"


def scores(run):
    """Name the scores of the code as a whole, and before the rotation too."""
    latents = run.metrics["latents"]
    columns = {"": latents}
    if "latents_before_rotation" in run.metrics:
        trained = run.metrics["latents_before_rotation"]
        columns = {"in the axes of training": trained, "turned": latents}
    rows = [
        (
            _words(name),
            *(f"{column[name]:.3f}" for column in columns.values()),
            escape(meaning),
        )
        for name, meaning in SCORES.items()
        if name in latents
    ]
    heads = ("score", *columns, "meaning; from 0 to 1")
    return table(heads, rows, numbers=tuple(range(1, len(heads) - 1)))


def _words(name):
    return escape(name.replace("_", " "))
