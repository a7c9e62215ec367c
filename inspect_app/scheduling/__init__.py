"""Planning unannounced visits: teams, sealing, release. A sealed visit's facts exist as ciphertext only."""
