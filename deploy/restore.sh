#!/bin/sh
# Puts a backup into a new database: stop web and jobs, put HOME/inspect.sqlite3* aside (or name a new database), keep
# HOME/keys. What the storage holds beyond the backup stays there.
#   deploy/restore.sh /var/backups/inspect-app/20261123T013000Z
set -eu
command="$(dirname "$0")/../.venv/bin/inspect-app"
[ -x "$command" ] || command=inspect-app
backup="${1:?name the folder of the backup}"
[ -d "$backup" ] || { echo "There is no backup in $backup." >&2; exit 1; }

"$command" restore "$backup"
"$command" migrate
"$command" audit verify
echo "Restored. Start web and jobs: tablets notice the new epoch and offer again what this backup lacks."
