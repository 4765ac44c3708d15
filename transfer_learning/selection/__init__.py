"""From scores to a collection: verdicts, manifests, contact sheets, chosen files.

Owns every name inside a record folder. Where scores come from is left to `jobs`.
"""
