"""What computes: how TensorFlow starts, in which precision, on how many devices.

Owns all that differs between one CPU, several GPUs and several machines, so that the
model and the training need not know.
"""
