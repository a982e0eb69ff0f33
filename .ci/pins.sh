#!/bin/sh
# Writes docker-compose.override.yml, by which Compose takes each image by the digest that its tag has now: what is moved
# to the tag later is not taken. Needs Docker with buildx, and a way to the registry. Run it again to take newer images.
set -eu
cd "$(dirname "$0")/.."

# Prints the digest of an image's tag; no other text is taken for one.
digest() {
  found=$(docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}')
  echo "$found" | grep -Ex 'sha256:[0-9a-f]{64}' || {
    echo "$1: the registry gave no digest." >&2
    return 1
  }
}

new=docker-compose.override.yml.new
trap 'rm -f "$new"' EXIT
base=$(sed -n 's/^FROM \([^ ]*\) AS .*/\1/p' Dockerfile)
pin=$(digest "$base")
{
  echo "# Made by 'make pins'. Compose reads it beside docker-compose.yml."
  echo 'services:'
  echo "  secrets: {build: {additional_contexts: {\"$base\": \"docker-image://$base@$pin\"}}}"
} >"$new"
sed -n -E 's/^  ([a-z]+):$/service \1/p; s/^    image: ([a-z]+:[a-z0-9.-]+)$/image \1/p' docker-compose.yml |
  while read -r what name; do
    case $what in
    service) service=$name ;;
    image)
      pin=$(digest "$name") || exit 1
      echo "  $service: {image: \"$name@$pin\"}" >>"$new"
      ;;
    esac
  done
mv "$new" docker-compose.override.yml
echo 'Written: docker-compose.override.yml'
