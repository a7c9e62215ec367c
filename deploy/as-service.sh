#!/bin/sh
# Runs a command as the service runs: its settings, its user, its folder. As root:
#   deploy/as-service.sh .venv/bin/inspect-app accounts list
#   deploy/as-service.sh deploy/restore.sh /var/backups/inspect-app/20261123T013000Z
# A shell without the settings would make a second, empty installation in ./instance. Paths are meant from /opt/inspect-app.
set -euf
settings="${SETTINGS:-/etc/inspect-app/inspect-app.env}"
[ $# -gt 0 ] || { echo "Name the command, such as: deploy/as-service.sh .venv/bin/inspect-app accounts list" >&2; exit 2; }
[ -r "$settings" ] || { echo "Cannot read $settings: run as root, or name the file in SETTINGS." >&2; exit 1; }
cd "$(dirname "$0")/.."

# Line by line, as systemd reads it: the shell itself would take & and ? in an address for its own.
while IFS= read -r line || [ -n "$line" ]; do
    case "$line" in
        INSPECT_APP_*=\"*\") line="${line%\"}"; export "${line%%=*}=${line#*=\"}" ;;
        INSPECT_APP_*=*) export "${line?}" ;;
    esac
done < "$settings"

umask 077
[ "$(id -u)" = 0 ] || exec "$@"
exec runuser -u "${RUN_AS:-inspect-app}" -- "$@"
