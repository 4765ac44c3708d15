"""The filters: from a photo dump to a clean collection; see README.md in this folder.

Of the main job only downloads, files, mistakes, pictures, progress and, of devices, the
start of TensorFlow and what its last digits depend on are imported here.
"""
