#!/bin/sh
# format.sh [--check]: clang-format over the C++ sources, in place; with --check only names the files that differ.
set -eu
cd "$(dirname "$0")/.."

sources=$(find src fuzz bench \( -name '*.cc' -o -name '*.h' \) 2>/dev/null | sort)
if [ "${1:-}" != --check ]; then
  # shellcheck disable=SC2086  # a list, on purpose
  clang-format-19 -i $sources
  exit 0
fi

# shellcheck disable=SC2086
differing=$(clang-format-19 --dry-run $sources 2>&1 | sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: warning.*/\1/p' | sort -u)
[ -n "$differing" ] || exit 0
echo "$differing" | sed 's/$/: not formatted (make format)/'
exit 1
