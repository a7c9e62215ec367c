"""The roster of inspectors: speciality, affiliation, recusal."""
