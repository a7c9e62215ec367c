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
unfinished="$backups/$name.unfinished"
"$command" backup "$unfinished" || {
    # Without a manifest it is none, and would fill the disk of the next night's. With one, tablets may have been told of it.
    [ -e "$unfinished/manifest.json" ] || rm -rf "${unfinished:?}"
    exit 1
}
mv "$unfinished" "$backups/$name"

stamp='^[0-9]{8}T[0-9]{6}Z'
oldest="$(ls -1 "$backups" | grep -E "$stamp\$" | sort -r | sed -n "${keep}p")"
ls -1 "$backups" | grep -E "$stamp(\\.unfinished)?\$" | awk -v oldest="$oldest" '$0 < oldest' | while read -r old; do
    rm -rf "${backups:?}/$old"
done
echo "$backups/$name"
