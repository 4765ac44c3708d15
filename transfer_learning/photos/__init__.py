"""Photos as filters see them: pixels, labels by folder, augmentation."""
