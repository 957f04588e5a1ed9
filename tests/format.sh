#!/bin/sh
# format.sh CLANG_FORMAT ROOT: fails, naming the places, when a source is not formatted.
cd "$2" && find kernels lib apps tests bench -name '*.h' -o -name '*.cc' |
  xargs "$1" --dry-run -Werror
