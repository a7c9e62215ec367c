"""/api/v1: packages, operations, receipts."""
