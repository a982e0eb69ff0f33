#!/bin/sh
# Makes the secrets that are missing under $1, each folder readable only by the user of the containers that need it:
# app (the service), database and redis. Existing ones are kept: put your own into these files beforehand.
set -eu
cd "$1"
umask 077

random() {
  head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# make FILE TEXT: written under another name first, so that an interruption leaves no half secret
make() {
  [ -s "$1" ] && return
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
}

mkdir -p app database redis
chmod 700 app database redis
make database/password "$(random)"
make redis/password "$(random)"
make app/jwt_secret_key "$(random)"
make app/jwt_secret_key_previous "" # until the key is replaced
make app/admin_password "$(random | head -c 20)"
make app/database_url "postgresql://indicators:$(cat database/password)@database:5432/indicators"
make app/redis_url "redis://:$(cat redis/password)@redis:6379/0"
make redis/redis.conf "requirepass $(cat redis/password)"

# Users of the images: our own; postgres and redis (both 999 in Debian's images).
if [ "$(id -u)" = 0 ]; then
  chown -R 10001 app
  chown -R 999 database redis
fi
