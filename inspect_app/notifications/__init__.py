"""The outbox: what must happen outside the database is a row in the same transaction, carried out by the jobs process."""
