#!/bin/sh
# A verified backup in a folder of its own; older ones go when KEEP newer ones stand. Run it every night.
#   BACKUPS=/var/backups/inspect-app KEEP=35 deploy/backup.sh
set -eu
command="$(dirname "$0")/../.venv/bin/inspect-app"
[ -x "$command" ] || command=inspect-app
backups="${BACKUPS:?name the folder that keeps the backups}"
keep="${KEEP:-35}"

umask 077
mkdir -p "$backups"
name="$(date -u +%Y%m%dT%H%M%SZ)"
"$command" backup "$backups/$name.unfinished"
mv "$backups/$name.unfinished" "$backups/$name"

ls -1 "$backups" | grep -E '^[0-9]{8}T[0-9]{6}Z$' | sort -r | tail -n "+$((keep + 1))" | while read -r old; do
    rm -rf "${backups:?}/$old"
done
echo "$backups/$name"
