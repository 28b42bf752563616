#!/bin/sh
# install-packages.sh LIST...: installs the Debian packages named in the lists that are missing here, as root or
# through sudo. Does nothing, quickly, when all of them are there.
set -eu

wanted=$(sed -e 's/#.*//' "$@" | tr -s ' \t\n' ' ')
if ! command -v dpkg-query >/dev/null; then
  echo "this is not a Debian system: install the equivalents of these yourself: $wanted" >&2
  exit 1
fi

missing=
for package in $wanted; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "these packages are missing:$missing" >&2
    echo "run this again as root, or install sudo" >&2
    exit 1
  fi
  root=sudo
fi

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$root apt-get -o Acquire::Retries=3 -qq update
# shellcheck disable=SC2086  # a list, on purpose
$root env DEBIAN_FRONTEND=noninteractive \
  apt-get -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -qq install --yes --no-install-recommends $missing >/dev/null
