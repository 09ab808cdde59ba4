#!/bin/sh
# Builds the pinned PJSIP source into a Python wheel and the headers our native audio port is compiled against.
#
# usage: build.sh SOURCE_TARBALL WORK_DIR OUT_DIR [HOST_TRIPLET]
#   SOURCE_TARBALL  pjproject 2.17 as pinned in source.toml (with or without its third_party folder)
#   WORK_DIR        scratch, about 900 MB, may be deleted afterwards
#   OUT_DIR         receives pjsua2-*.whl, include/ and build.log
#   HOST_TRIPLET    for a cross build (aarch64-linux-gnu); needs crossbuild-essential and the -dev packages of it
# PYTHON names the interpreter the wheel is for (default python3). Progress goes to standard output, a line a step.
# About six minutes on two cores, and 1.1 GB of memory at the peak of compiling the wrapper.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tarball=$1; work=$2; out=$3; host=${4:-}
python=${PYTHON:-python3}
jobs=$(nproc)
mkdir -p "$work" "$out"
log=$out/build.log
: > "$log"
say() { printf 'pjsip %s: %s\n' "$1" "$2"; }
run() {
    # A failed step shows the end of its log: the installer must not have to find the file first.
    "$@" >> "$log" 2>&1 || { tail -n 25 "$log" >&2; echo "pjsip: failed: $*; the whole log is $log" >&2; exit 1; }
}

say 1/6 "unpacking"
rm -rf "$work/src"; mkdir -p "$work/src"
run tar -C "$work/src" --strip-components=1 -xf "$tarball"
cd "$work/src"
cp "$here/config_site.h" pjlib/include/pj/config_site.h
# No sound card in the process: handsets are driven through ALSA by us, and this driver does not cross-compile.
: > pjmedia/src/pjmedia-audiodev/bdimad_dev.c
for patch in "$here"/*.patch; do run patch -p1 -i "$patch"; done

say 2/6 "configuring"
CFLAGS="-O2 -fPIC -DNDEBUG -g1"; CXXFLAGS=$CFLAGS; export CFLAGS CXXFLAGS
# The Debian copy has no bundled codecs, so the system's libraries are used wherever the source came from:
# one recipe, one set of features.
run ./aconfigure ${host:+--host="$host" --with-ssl=/usr} --enable-epoll \
    --with-external-speex --with-external-gsm --with-external-srtp --enable-speex-resample \
    --disable-video --disable-sound --disable-v4l2 --disable-sdl --disable-ffmpeg --disable-openh264 \
    --disable-vpx --disable-libyuv --disable-libwebrtc --disable-opencore-amr --disable-silk --disable-upnp \
    --disable-lyra --disable-speex-aec --disable-opus --disable-bcg729 --disable-ilbc-codec --disable-g7221-codec

say 3/6 "finding dependencies"
run make -s dep
say 4/6 "compiling the libraries (about two minutes)"
run make -s -j"$jobs" lib
say 5/6 "compiling the Python module (about three minutes)"
cd pjsip-apps/src/swig/python
run make -s pjsua2_wrap.cpp
PJDIR="$work/src" run "$python" setup.py bdist_wheel
say 6/6 "collecting"
cp dist/pjsua2-*.whl "$out/"
for part in pjlib pjlib-util pjnath pjmedia pjsip; do
    mkdir -p "$out/include/$part"
    cp -r "$work/src/$part/include/." "$out/include/$part/"
done
cp "$here/config_site.h" "$out/include/pjlib/pj/config_site.h"
