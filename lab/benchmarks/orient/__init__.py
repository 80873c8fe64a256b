"""Orientation: right, left alone and wrong, on real and on rendered pages, against Tesseract's OSD."""
