"""Tenders (標案), agencies, firms, progress, and the importers for the formats that agencies hold."""
