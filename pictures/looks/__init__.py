"""Looks of pictures, measured from their pixels: factors that nobody had to label."""
