"""The visit itself: its operation log, points meeting, tests, record and rollup."""
