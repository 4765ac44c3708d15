"""Filters, the networks that judge a photo: built, loaded, converted, fetched."""
