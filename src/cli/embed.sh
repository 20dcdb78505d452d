#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# embed.sh OUTPUT [FILE]: writes assembly that holds FILE's bytes without symbols and debugging
# information, or none, between two symbols.
set -eu
output=$1
file=${2:-}
[ -z "$file" ] || strip --strip-all -o "$output.bin" "$file"
{
  echo '.section .note.GNU-stack,"",%progbits'
  echo '.section .rodata'
  echo '.global ktstr_init_begin, ktstr_init_end'
  echo '.balign 16'
  echo 'ktstr_init_begin:'
  [ -z "$file" ] || echo ".incbin \"$(realpath "$output.bin")\""
  echo 'ktstr_init_end:'
} >"$output"
