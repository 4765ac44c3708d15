"""The filters: from a photo dump to a clean collection; see README.md in this folder.

Entry points: deploy.py, train.py and audit.py. Of the main job only downloads, files,
mistakes, pictures, progress and, of devices, how TensorFlow starts and what its last
digits depend on are imported here.
"""
