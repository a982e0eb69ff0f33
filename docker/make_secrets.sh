#!/bin/sh
# Makes the secrets that are missing under $1: app (the service's), database and redis. Existing ones are kept: put your
# own into these files beforehand. Each service of the program sees only a folder with copies of what it needs (web,
# worker, beat, migrate, backup), brought up to date at each run. Only the user of its container can read a folder.
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

# share FOLDER NAME...: copies these files of app
share() {
  folder=$1
  shift
  for name; do
    cp "app/$name" "$folder/$name.new"
    mv "$folder/$name.new" "$folder/$name"
  done
}

mkdir -p app database redis web worker beat migrate backup
chmod 700 app database redis web worker beat migrate backup
make database/password "$(random)"
make redis/password "$(random)"
make app/jwt_secret_key "$(random)"
make app/jwt_secret_key_previous "" # until the key is replaced
make app/admin_password "$(random | head -c 20)"
make app/database_url "postgresql://indicators:$(cat database/password)@database:5432/indicators"
make app/redis_url "redis://:$(cat redis/password)@redis:6379/0"
make redis/redis.conf "requirepass $(cat redis/password)"

share web database_url redis_url jwt_secret_key jwt_secret_key_previous
share worker database_url redis_url
share beat redis_url
share migrate database_url admin_password
share backup database_url
# The program wants a key beside a database. These two make no tokens: with keys of their own they could make none.
make worker/jwt_secret_key "$(random)"
make migrate/jwt_secret_key "$(random)"

# Users of the images: our own; postgres and redis (both 999 in Debian's images).
if [ "$(id -u)" = 0 ]; then
  chown -R 10001 app web worker beat migrate backup
  chown -R 999 database redis
fi
