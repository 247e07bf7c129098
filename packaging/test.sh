#!/usr/bin/env bash
# test.sh [PRESET] [--cpu|--cuda]
# Sets up (see setup.sh), builds PRESET (release by default; dev, asan, tsan, no-gui) and runs its tests
# offscreen, all but those labelled long. The exit status is that of ctest.
#   --cpu, --cuda   which LibTorch; else the one fetched before, at first cuda where an NVIDIA driver is found
# DINOSCOPE_LIBTORCH=DIR uses the LibTorch in DIR; DINOSCOPE_WERROR=OFF lets warnings of the compiler pass.
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

preset=
options=()
while [ $# -gt 0 ]; do
    case $1 in
        --cpu | --cuda) options+=("$1") ;;
        -h | --help) print_help; exit ;;
        -*) wrong_usage "unknown option $1" ;;
        *) [ -z "$preset" ] || wrong_usage "one preset at a time"; preset=$1 ;;
    esac
    shift
done
preset=${preset:-release}
grep -q "\"configurePreset\": \"$preset\"" "$project/CMakePresets.json" ||
    wrong_usage "there is no preset $preset (release, dev, asan, tsan, no-gui)"

if [ "$preset" = no-gui ]; then
    options+=(--no-window)
fi
if [ -n "${DINOSCOPE_LIBTORCH:-}" ]; then
    check_own_libtorch
fi
"$project/packaging/setup.sh" "${options[@]}" </dev/null
# A fresh build takes warnings as errors; one that run.sh began goes on as it is, or all would be built again.
if [ ! -f "$project/build/$preset/CMakeCache.txt" ]; then
    # shellcheck disable=SC2034 # build() reads it
    configure_options=(-DDINOSCOPE_WERROR="${DINOSCOPE_WERROR:-ON}")
fi
build "$preset" </dev/null
# The preset without Qt is configured at least: what holds only with Qt would break it unseen.
if [ "$preset" = release ]; then
    cmake --preset no-gui -B build/no-gui-configured >/dev/null || fail "CMake could not configure the preset no-gui: its message is above"
fi
exec ctest --preset "$preset" </dev/null
