"""Training of the net that tells which way up a patch of text is."""
