"""The explorer: a page with a slider for each dimension of a run.

`model.py` opens a run and gathers what the page says of it, `page.py` fills the
template, `routes.py` answers the page. The page asks a decoder for pictures, through
the one interface described in `decoder.js`.
"""
