"""Real parts for the tests: database servers, an S3 server, an SMTP server, the product's own process, a browser."""
