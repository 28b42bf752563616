#!/bin/sh
# build.sh PRESET [TARGET]: configures and builds.
set -eu
cd "$(dirname "$0")/.."
echo "building: preset $1 (the first time takes some minutes)"
cmake --preset "$1" --log-level=WARNING >/dev/null
cmake --build "build/$1" -j "${JOBS:-$(nproc)}" ${2:+--target "$2"}
