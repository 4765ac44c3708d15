"""Photos on their way into a filter: pixels, labels by folder, augmentation."""
