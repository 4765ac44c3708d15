"""One page about one run, which needs nothing else: `python -m report runs/NAME`.

Reads a finished run without TensorFlow.
"""
