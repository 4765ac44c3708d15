"""How the explorer's page answers, whether its sliders are honest, what it takes.

Owns a room for each of the three, and the page in a browser that they have in common.
"""
