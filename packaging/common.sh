# shellcheck shell=bash
# What the scripts beside it share. Sourced, never run.

project=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

note() { printf '%s\n' "$*" >&2; }

fail() {
    note "${0##*/}: $*"
    exit 1
}

wrong_usage() {
    note "${0##*/}: $*; see ${0##*/} --help"
    exit 2
}

# The comment at the top of a script is its help.
print_help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

require_x86_64() {
    [ "$(uname -m)" = x86_64 ] ||
        fail "Dinoscope runs on x86-64 only (this machine is $(uname -m)): there are no pinned LibTorch wheels for others"
}

# An NVIDIA driver: its library, and its kernel part (/dev/dxg where Windows lends it to WSL).
has_nvidia_driver() {
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep '^[[:space:]]*libcuda\.so\.1 .*x86-64' >/dev/null &&
        { [ -r "$1" ] || [ -e /dev/dxg ]; }
}

# cuda where an NVIDIA driver that the CUDA 13 wheels can use is found, else cpu.
default_profile() {
    local release description=/proc/driver/nvidia/version
    if ! has_nvidia_driver "$description"; then
        echo cpu
        return
    fi
    release=$(sed -n '/^NVRM/s/.*  \([0-9]\{3,\}\)\..*/\1/p' "$description" 2>/dev/null || true)
    if [ "${release:-580}" -lt 580 ]; then
        note "The NVIDIA driver is of release $release and CUDA 13 needs 580 or later: taking the CPU profile"
        echo cpu
    else
        echo cuda
    fi
}

# Makes DINOSCOPE_LIBTORCH absolute and checks that it is what CMake will look for.
check_own_libtorch() {
    local given=$DINOSCOPE_LIBTORCH
    [ -e "$given/torch/lib/libtorch_cpu.so" ] ||
        fail "DINOSCOPE_LIBTORCH=$given holds no torch/lib/libtorch_cpu.so: give the folder that holds torch/ (and nvidia/), or unset it to have LibTorch fetched"
    DINOSCOPE_LIBTORCH=$(cd -P -- "$given" && pwd)
    export DINOSCOPE_LIBTORCH
}

# One job a core, and about 2 GB of memory for each: a file that includes torch takes that much.
build_jobs() {
    local jobs memory limit
    jobs=$(nproc)
    memory=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
    if [ "$limit" != max ] && [ $((limit / 1048576)) -lt "$memory" ]; then
        memory=$((limit / 1048576))
    fi
    if [ $((memory / 2000)) -lt "$jobs" ]; then
        jobs=$((memory / 2000))
    fi
    echo $((jobs > 1 ? jobs : 1))
}

# build PRESET [TARGET…]; configure_options may hold more for CMake.
configure_options=()
build() {
    local preset=$1
    shift
    cd "$project" || fail "cannot enter $project"
    cmake --preset "$preset" "${configure_options[@]}" || fail "CMake could not configure the preset $preset: its message is above"
    cmake --build --preset "$preset" --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(build_jobs)}" ${1:+--target "$@"} ||
        fail "the build of the preset $preset failed: the compiler's message is above"
}
