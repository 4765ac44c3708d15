"""From scores to a collection: verdicts, manifests, contact sheets, chosen files."""
