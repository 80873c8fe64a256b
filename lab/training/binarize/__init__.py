"""Training of the net of the filter binarize."""
