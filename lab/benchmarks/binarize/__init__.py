"""Binarizers side by side: pages with pixel truth, and pages read by Tesseract."""
