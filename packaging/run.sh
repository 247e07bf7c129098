#!/usr/bin/env bash
# run.sh [--cpu|--cuda] [-- ARGUMENTS]
# Sets up (see setup.sh), builds the release preset and opens the window on a sample image, or with
# ARGUMENTS (images, folders and options of the program dinoscope). Without a display it writes a
# screenshot of the window and the per-head pictures into build/first-look.
#   --cpu, --cuda   which LibTorch; else the one fetched before, at first cuda where an NVIDIA driver is found
# DINOSCOPE_LIBTORCH=DIR uses the LibTorch in DIR.
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

sample=$project/resources/samples/chelsea.jpg
programs=$project/build/release/bin

# The pictures that a window would have shown.
look_offscreen() {
    local out=$project/build/first-look
    note "No display (DISPLAY and WAYLAND_DISPLAY are not set): working offscreen"
    export QT_QPA_PLATFORM=offscreen
    if [[ " $* " == *" --screenshot"[=\ ]* ]]; then
        exec "$programs/dinoscope" "$@"
    fi
    mkdir -p "$out"
    "$programs/dinoscope" "$@" --screenshot "$out/window.png" ||
        fail "the window could not be drawn offscreen: the program's message is above"
    if [ "$*" = "$sample" ]; then
        "$programs/dino" attend "$sample" -o "$out" ||
            fail "the attention could not be computed: the program's message is above"
        echo "What each head looks at:  $out/chelsea-head*.png and $out/chelsea-overlay-head*.png"
    fi
    echo "Screenshot of the window: $out/window.png"
}

options=()
while [ $# -gt 0 ]; do
    case $1 in
        --cpu | --cuda) options=("$1") ;;
        --) shift; break ;;
        -h | --help) print_help; exit ;;
        *) wrong_usage "unknown option $1 (arguments of the program come after --)" ;;
    esac
    shift
done
if [ $# = 0 ]; then
    set -- "$sample"
fi

if [ -n "${DINOSCOPE_LIBTORCH:-}" ]; then
    check_own_libtorch
fi
"$project/packaging/setup.sh" "${options[@]}"
(build release dinoscope dino)
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    look_offscreen "$@"
else
    exec "$programs/dinoscope" "$@"
fi
