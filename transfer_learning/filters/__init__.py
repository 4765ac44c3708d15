"""The networks that judge a photo: built, joined, converted, fetched, kept in files.

Owns what a filter is and the file that holds one. How photos become its input is left
to `photos`, how it is trained to `fine_tuning`, what its scores mean to `selection`.
"""
