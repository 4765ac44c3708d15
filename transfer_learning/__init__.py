"""The filters: from a photo dump to a clean collection. See README.md here."""
