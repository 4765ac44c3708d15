"""What a filter run works through: a folder of photos, or Google's archives."""
