#!/bin/sh
# Compiles the native audio ports and what stands beside them against the headers image_build/pjsip put aside.
#
# usage: build.sh INCLUDE_DIR OUT_DIR [HOST_TRIPLET]
# Its undefined symbols are found in the pjsua2 module, which native_port.py loads first, so that both share one PJSIP.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=$1; out=$2; host=${3:-}
mkdir -p "$out"
flags=""
for part in pjlib pjlib-util pjnath pjmedia pjsip; do flags="$flags -I$include/$part"; done
# shellcheck disable=SC2086  # flags are several words on purpose
"${host:+$host-}${CC:-gcc}" -O2 -g1 -fPIC -shared -fvisibility=hidden -std=gnu11 -Wall -Wextra -Wno-unused-parameter \
    -DPJ_AUTOCONF=1 $flags -o "$out/audio_port.so.new" \
    "$here/audio_port.c" "$here/call_account.c" "$here/call_look.c" "$here/drift_buffer.c" "$here/player.c" "$here/recorder.c" -lspeexdsp -lpthread
mv "$out/audio_port.so.new" "$out/audio_port.so"
