#!/bin/sh
# Backs up the database, or fills an empty one from a backup:
#   backup.sh dump [FILE]      default: ./indicators-<time>.dump
#   backup.sh restore FILE
# The database is that of DATABASE_URL, or of the file that DATABASE_URL_FILE names. Needs the clients of Postgres 18.
set -eu

say() {
  echo "$*" >&2
}

# Ends the script if there is no address: the clients take an empty one for a database on this machine. A DATABASE_URL
# that is set but empty was meant for another database than that of the file: $(sudo cat ...) without sudo is empty.
find_url() {
  if [ -n "${DATABASE_URL+set}" ]; then
    url=$DATABASE_URL
  else
    url=$(cat "${DATABASE_URL_FILE:?Set it, or DATABASE_URL.}")
  fi
  case $url in
  *[![:space:]]*) ;;
  *)
    say "The address of the database is empty: give DATABASE_URL a value, or unset it to use DATABASE_URL_FILE."
    exit 1
    ;;
  esac
  # Postgres's own programs don't know SQLAlchemy's postgresql+psycopg://
  url=$(printf '%s' "$url" | sed -E 's,^postgres(ql)?(\+[a-z0-9_]+)?://,postgresql://,')
  hide_password
}

# Moves the password from the address, which every user of the machine sees in the list of processes, to PGPASSWORD.
hide_password() {
  case $url in
  *[?\&\ ]password=* | password=*)
    say "Write the password as postgresql://user:password@host/database: elsewhere it would show in the list of processes."
    exit 1
    ;;
  postgresql://*) ;;
  *) return ;;
  esac
  rest=${url#postgresql://}
  authority=${rest%%[/?]*}
  user=${authority%@*}
  case $authority in
  *:*@*)
    PGPASSWORD=$(printf '%s' "${user#*:}" | decoded)
    export PGPASSWORD
    url="postgresql://${user%%:*}@${authority##*@}${rest#"$authority"}"
    ;;
  esac
}

# %40 is @: the address is encoded, PGPASSWORD is not.
decoded() {
  LC_ALL=C awk -v digits=0123456789ABCDEF '{
    out = ""
    while (match($0, /%[0-9A-Fa-f][0-9A-Fa-f]/)) {
      high = index(digits, toupper(substr($0, RSTART + 1, 1))) - 1
      low = index(digits, toupper(substr($0, RSTART + 2, 1))) - 1
      out = out substr($0, 1, RSTART - 1) sprintf("%c", 16 * high + low)
      $0 = substr($0, RSTART + 3)
    }
    printf "%s", out $0
  }'
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
