#!/usr/bin/env bash
# fetch_libtorch.sh [--cpu|--cuda] [--check]
# Fetches LibTorch, as the wheels that packaging/libtorch.lock pins by SHA-256, into .deps/libtorch.
# pip downloads them, so its configuration (mirrors, proxies) holds. Wheels already unpacked are kept:
# run it again after an interruption. Where all is there it does nothing and needs no network.
#   --cpu, --cuda   which profile (about 550 MB or 2.6 GB to download); else the one fetched before, and
#                   at first cuda where an NVIDIA driver is found. cuda serves the CPU as well.
#   --check         fetch nothing: exit status 0 when LibTorch is there, 1 when it is not
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

deps=$project/.deps
target=$deps/libtorch
wheels=$deps/wheels
temporary=$deps/tmp

# The lock's lines of a profile, without comments.
locked() {
    awk -v profile="$1" '$1 == "cpu" || ($1 == profile && profile == "cuda")' "$project/packaging/libtorch.lock"
}

# A new number in front makes every machine unpack again: raise it with a change to unpack_wheel.py.
lock_id() { echo "1-$1-$(locked "$1" | sha256sum | cut -c1-16)"; }

# What the finished folder must look like: the lock it came from, and the size of every library.
describe() {
    lock_id "$1"
    (cd "$2" && find . -name '*.so*' -type f -printf '%s %p\n' | LC_ALL=C sort -k 2)
}

is_complete() {
    local stamp=$target/.complete
    [ -f "$stamp" ] && [ "$(describe "$1" "$target")" = "$(cat "$stamp")" ]
}

# The profile cuda holds all of cpu.
is_ready() { is_complete "$profile" || is_complete cuda; }

# The profile where none is asked for: a choice once made holds.
usual_profile() {
    local former
    former=$(sed -n '1s/^[0-9]*-\(cpu\|cuda\)-.*/\1/p' "$target/.complete" 2>/dev/null || true)
    if [ -z "$former" ]; then
        default_profile
        return
    fi
    if [ -z "$check" ] && [ "$former" = cpu ] && [ "$(default_profile 2>/dev/null)" = cuda ]; then
        note "LibTorch is there for the CPU only, as fetched before; --cuda fetches it for the NVIDIA card"
    fi
    echo "$former"
}

find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null &&
            "$candidate" -m pip --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    fail "fetching LibTorch needs Python 3.8 or later with pip: sudo apt-get install python3-pip"
}

has_hash() { [ -f "$1" ] && echo "$2  $1" | sha256sum --check --status; }

explain_pip_failure() {
    local log=$temporary/pip.log
    if grep -q 'DO NOT MATCH THE HASHES' "$log"; then
        fail "the downloaded $1 $2 does not have the SHA-256 that packaging/libtorch.lock pins: something on the way (a mirror, a proxy) altered it; try again, or from another network"
    fi
    fail "could not download $1 $2 ($(sed -n 's/^ERROR: //p' "$log" | tail -n 1)): check the network and pip's configuration (pip config list), then run this again"
}

# download PACKAGE VERSION PLATFORM SHA256 FILE
download() {
    local package=$1 version=$2 platform=$3 sha256=$4 file=$5
    if has_hash "$file" "$sha256"; then
        return
    fi
    rm -rf "$temporary" "$file"
    mkdir -p "$temporary" "$wheels"
    echo "$package==$version --hash=sha256:$sha256" >"$temporary/requirements.txt"
    # No cache: pip would keep a second copy of every wheel.
    TMPDIR=$temporary PIP_REQUIRE_VIRTUALENV=0 PIP_DISABLE_PIP_VERSION_CHECK=1 "$python" -m pip download \
        --no-input --no-cache-dir --no-deps --only-binary=:all: --require-hashes \
        --python-version 3.11 --implementation cp --abi cp311 --platform "$platform" \
        --dest "$temporary/out" --requirement "$temporary/requirements.txt" \
        </dev/null 2>"$temporary/pip.log" ||
        explain_pip_failure "$package" "$version"
    mv "$temporary"/out/*.whl "$file"
    rm -rf "$temporary"
}

# A download is on the disk twice while pip moves it, and unpacks to about twice its size.
check_disk() {
    local needed free
    needed=$(awk '{sum += $5; if ($5 > most) most = $5} END {print 2 * sum + most}' <<<"$1")
    free=$(df -Pm "$deps" | awk 'NR == 2 {print $4}')
    [ "$free" -ge "$needed" ] ||
        fail "LibTorch needs about $needed MB in $deps, where $free MB are free: make room, or use your own LibTorch by DINOSCOPE_LIBTORCH=DIR"
}

# Downloads and unpacks what the folder $1 lacks; .done/ in it remembers each unpacked wheel.
fill() {
    local partial=$1 remaining='' role package version platform megabytes sha256
    mkdir -p "$partial/.done"
    while read -r role package version platform megabytes sha256; do
        [ -e "$partial/.done/$package" ] ||
            remaining+="$role $package $version $platform $megabytes $sha256"$'\n'
    done < <(locked "$profile")
    if [ -z "$remaining" ]; then
        return
    fi
    check_disk "$remaining"
    note "Fetching LibTorch, profile $profile: $(awk '{sum += $5} END {print sum}' <<<"$remaining") MB"
    while read -r role package version platform megabytes sha256; do
        note "$package $version, $megabytes MB"
        download "$package" "$version" "$platform" "$sha256" "$wheels/$package-$version.whl"
        "$python" "$project/packaging/unpack_wheel.py" "$wheels/$package-$version.whl" "$partial" "$profile" </dev/null ||
            fail "could not unpack $wheels/$package-$version.whl: delete it and run this again"
        touch "$partial/.done/$package"
        rm "$wheels/$package-$version.whl"
    done < <(printf %s "$remaining")
}

fetch() {
    local partial python
    mkdir -p "$deps"
    exec 9>"$deps/lock"
    flock --nonblock 9 || { note "Waiting for another set-up to finish"; flock 9; }
    if is_ready; then
        return
    fi
    python=$(find_python)
    partial=$deps/partial-$(lock_id "$profile")
    find "$deps" -maxdepth 1 -name 'partial-*' ! -path "$partial" -exec rm -rf {} +
    fill "$partial"
    # An interrupted download may have left a folder of this name.
    rm -rf "$temporary"
    describe "$profile" "$partial" >"$temporary"
    mv "$temporary" "$partial/.complete"
    sync -f "$partial"
    rm -rf "$target"
    mv "$partial" "$target"
    rm -rf "$wheels" "$target/.done"
    note "LibTorch is in $target"
}

profile=
check=
while [ $# -gt 0 ]; do
    case $1 in
        --cpu | --cuda) profile=${1#--} ;;
        --check) check=1 ;;
        -h | --help) print_help; exit ;;
        *) wrong_usage "unknown option $1" ;;
    esac
    shift
done

require_x86_64
profile=${profile:-$(usual_profile)}
if is_ready; then
    exit 0
fi
[ -z "$check" ] || exit 1
fetch
