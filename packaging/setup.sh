#!/usr/bin/env bash
# setup.sh [--cpu|--cuda] [--no-window]
# Installs what building and running Dinoscope needs: packages of the distribution (listed first; with
# sudo when not root) and LibTorch. Does nothing, and needs no network, where all is there.
#   --cpu, --cuda   which LibTorch; else the one fetched before, at first cuda where an NVIDIA driver is found
#   --no-window     leave out Qt, for the preset no-gui
# DINOSCOPE_LIBTORCH=DIR uses the LibTorch in DIR; DINOSCOPE_SKIP_PACKAGES=1 leaves packages to you.
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# The package names of the given sections, one a line, alternatives as a|b.
wanted_packages() {
    awk -v sections=" $* " '
        /^\[/ { section = substr($0, 2, length($0) - 2); next }
        NF && !/^#/ && index(sections, " " section " ")' "$project/packaging/packages-debian.txt"
}

# Of the names on stdin, those of which no alternative is installed.
missing_packages() {
    local installed name choice
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
    while read -r name; do
        for choice in ${name//|/ }; do
            grep -qxF -- "$choice" <<<"$installed" && continue 2
        done
        echo "$name"
    done
}

check_distribution() {
    local ID=linux VERSION_ID='' PRETTY_NAME='this system'
    # shellcheck source=/dev/null
    [ -r /etc/os-release ] && . /etc/os-release
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        fail "this set-up knows apt (Debian 12, Ubuntu 24.04), not the packages of $PRETTY_NAME: install the counterparts of $(wanted_packages "$@" | tr '\n' ' ')and run this again with DINOSCOPE_SKIP_PACKAGES=1"
    fi
    case $ID-${VERSION_ID%%.*} in
        debian-[0-9] | debian-1[01] | ubuntu-1? | ubuntu-2[0-3])
            fail "$PRETTY_NAME is too old, its Qt is below 6.4 or its CMake below 3.25: use Debian 12, Ubuntu 24.04 or a later release" ;;
    esac
}

# Of each a|b given, the one that this release offers.
available_packages() {
    local name choice offered
    offered=$(printf '%s\n' "$@" | tr '|' '\n' | LC_ALL=C xargs apt-cache policy -- |
        awk '/^[^ ]/ {sub(/:$/, ""); name = $0} /^ *Candidate: [^(]/ {print name}')
    for name in "$@"; do
        for choice in ${name//|/ }; do
            grep -qxF -- "$choice" <<<"$offered" && echo "$choice" && continue 2
        done
        fail "apt offers no package $name: check its sources (on Ubuntu: sudo add-apt-repository universe)"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@" </dev/null
    else
        sudo -- "$@" </dev/null
    fi
}

install_packages() {
    local missing names apt=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
        apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
    check_distribution "$@"
    mapfile -t missing < <(wanted_packages "$@" | missing_packages)
    if [ ${#missing[@]} = 0 ]; then
        return
    fi
    note "Missing packages: ${missing[*]}"
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        fail "installing packages needs root and there is no sudo: as root run apt-get install ${missing[*]//|*/}"
    fi
    as_root "${apt[@]}" update >/dev/null ||
        note "apt-get update reported the errors above; going on with the lists that are there"
    names=$(available_packages "${missing[@]}")
    # shellcheck disable=SC2086 # one word a name
    as_root "${apt[@]}" install --no-install-recommends -- $names ||
        fail "apt-get could not install the packages: its message is above"
}

profile=()
sections=(engine window)
while [ $# -gt 0 ]; do
    case $1 in
        --cpu | --cuda) profile=("$1") ;;
        --no-window) sections=(engine) ;;
        -h | --help) print_help; exit ;;
        *) wrong_usage "unknown option $1" ;;
    esac
    shift
done

require_x86_64
if [ -n "${DINOSCOPE_LIBTORCH:-}" ]; then
    check_own_libtorch
elif ! "$project/packaging/fetch_libtorch.sh" "${profile[@]}" --check; then
    sections+=(fetch)
fi
if [ "${DINOSCOPE_SKIP_PACKAGES:-}" != 1 ]; then
    install_packages "${sections[@]}"
fi
if [ -z "${DINOSCOPE_LIBTORCH:-}" ]; then
    "$project/packaging/fetch_libtorch.sh" "${profile[@]}"
fi
