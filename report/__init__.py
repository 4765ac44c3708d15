"""One page about one run, which needs nothing else: `python -m report runs/NAME`.

Python gathers plain values; the templates beside it (`.html`, `.svg`, `.css`, `.js`)
hold the words and the looks. Reads a finished run without TensorFlow.
"""
