"""From scores to a collection: decisions, manifests, sheets and chosen files."""
