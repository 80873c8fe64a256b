"""Training of the net that sees how a photographed sheet is bent."""
