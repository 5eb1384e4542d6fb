#!/bin/sh
set -eu
exec node --disable-warning=ExperimentalWarning "$(dirname -- "$(readlink -f -- "$0")")/src/build.ts" "$@"
