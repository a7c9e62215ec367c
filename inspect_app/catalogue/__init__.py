"""Editions of the defect table, and the settings of the field with their effective dates."""
