"""What dev.py does, one module per verb. Standard library only: it runs before anything is installed."""
