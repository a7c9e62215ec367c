"""Defect notices, replies with evidence, extensions, review, reminders, sanctions, closing."""
