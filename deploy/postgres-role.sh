#!/bin/sh
# Makes the role of web and jobs when the database is made: it may sign in and nothing else; `inspect-app migrate` with
# INSPECT_APP_DATABASE_ROLE gives it its rights. By hand: see docs/operations.md.
set -eu
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 --set password="$POSTGRES_APP_PASSWORD" <<'SQL'
CREATE ROLE inspect_app LOGIN PASSWORD :'password';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
