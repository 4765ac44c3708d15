"""Tests, one file a module, in the folders of the modules."""
