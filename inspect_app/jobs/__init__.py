"""The one APScheduler process and its table of schedules."""
