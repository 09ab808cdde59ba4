#!/bin/sh
# Compile the ALSA twin's plugin: build.sh OUT_DIR makes OUT_DIR/libasound_module_pcm_centralita.so (needs libasound2-dev).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
# alsa-lib's plugin macros define their entry points only under PIC.
${CC:-cc} -std=gnu11 -O2 -g -Wall -Wextra -fPIC -DPIC -shared -o "$1/libasound_module_pcm_centralita.so" \
    "$here/pcm_centralita.c" -lasound
