"""The pages that one acts on: a small server, and the explorer.

`server.py` serves any page to its user alone, `uploads.py` bounds what is sent to it.
A page is a package with its own handlers and templates. Needs `requirements-pages.txt`.
"""
