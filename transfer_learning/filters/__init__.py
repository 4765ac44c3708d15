"""The networks that judge a photo: built, joined, converted, fetched, kept in files."""
