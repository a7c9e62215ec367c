"""The rules of the field: pure functions over frozen values. Standard library only, no clock, no database, no writing."""
