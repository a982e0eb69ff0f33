#!/bin/sh
# Backs up the database, or fills an empty one from a backup:
#   backup.sh dump [FILE]      default: ./indicators-<time>.dump
#   backup.sh restore FILE
# The database is that of DATABASE_URL, or of the file that DATABASE_URL_FILE names. Needs the clients of Postgres 18.
set -eu

say() {
  echo "$*" >&2
}

# Ends the script where there is no address: the clients take an empty one for a database on this machine.
find_url() {
  url=${DATABASE_URL:-$(cat "${DATABASE_URL_FILE:?Set it, or DATABASE_URL.}")}
  : "${url:?The address of the database is empty.}"
  # Postgres's own programs don't know SQLAlchemy's postgresql+psycopg://
  url=$(printf '%s' "$url" | sed -E 's,^postgres(ql)?(\+[a-z]+)?://,postgresql://,')
}

dump() {
  find_url
  # Written under another name first: a file with the final name is complete.
  part="$1.part"
  trap 'rm -f "$part"' EXIT
  pg_dump --dbname="$url" --format=custom --no-owner --no-privileges --file="$part"
  pg_restore --list "$part" >/dev/null
  mv "$part" "$1"
  say "Written: $1 ($(wc -c <"$1") bytes)"
}

restore() {
  find_url
  tables=$(psql "$url" -XAtc "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'")
  if [ "$tables" != 0 ]; then
    say "The database has tables already. Restore into an empty one (createdb), then point DATABASE_URL to it."
    exit 1
  fi
  # All of it or nothing.
  pg_restore --dbname="$url" --no-owner --no-privileges --exit-on-error --single-transaction "$1"
  psql "$url" -Xqc analyze
  say "Restored. Now: flask --app src.app db upgrade, then flask --app src.app verify."
}

case "${1:-}" in
dump) dump "${2:-indicators-$(date -u +%Y%m%dT%H%M%SZ).dump}" ;;
restore) restore "${2:?Which file?}" ;;
*)
  say "Usage: $0 dump [FILE] | restore FILE"
  exit 2
  ;;
esac
