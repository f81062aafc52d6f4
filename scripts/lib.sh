# Shared by scripts/demo and scripts/test: packages, the build, an ordinary user. Sourced by bash.

# Servers live in sbin, which Debian keeps out of a user's path.
PATH=$PATH:/usr/sbin:/sbin

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages="cmake ninja-build gcc libc6-dev gettext pkg-config libjansson-dev libmnl-dev libssl-dev libidn2-dev libmariadb-dev"

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# The packages among "$@" that are not installed.
missing_packages() {
    local name
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed ||
            printf '%s ' "$name"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "needs root for: $*"
    fi
}

# Servers are installed for tests, not to be started: Debian's policy hook says so while apt runs
# (an administrator's own hook is left as it is).
without_service_starts() {
    local hook=/usr/sbin/policy-rc.d
    if [ -e "$hook" ]; then
        "$@"
        return
    fi
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$hook && chmod 755 $hook"
    local status=0
    "$@" || status=$?
    as_root rm -f "$hook"
    return "$status"
}

# install_packages ASK PACKAGE...: shows what is missing and installs it. ASK=yes asks once, when
# there is a terminal to ask on.
install_packages() {
    local ask=$1 missing answer
    shift
    command -v apt-get >/dev/null || fail "no apt-get here; wanted are the Debian packages: $*"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    echo "Missing Debian packages: $missing"
    if [ "$ask" = yes ] && [ -t 0 ] && [ -t 1 ]; then
        read -r -p "Install them now? [Y/n] " answer
        case $answer in '' | [Yy]*) ;; *) fail "nothing was installed" ;; esac
    fi
    as_root apt-get -qq update || echo "apt-get update failed; trying with the lists there are" >&2
    # shellcheck disable=SC2086 # a list of names
    without_service_starts as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Dpkg::Use-Pty=0 install --no-install-recommends $missing >/dev/null ||
        fail "could not install: $missing"
}

# build FOLDER COMPILER CMAKE-OPTION...: configures once, then builds what changed.
build() {
    local folder=$1 compiler=$2
    shift 2
    CC=$compiler cmake -S "$root" -B "$folder" -G Ninja "$@" >"$folder.log" 2>&1 &&
        cmake --build "$folder" >>"$folder.log" 2>&1 ||
        { tail -n 40 "$folder.log" >&2 && fail "the build in ${folder#"$root"/} failed"; }
}

# In front of a command that is to run without privileges, whoever we are. No function: a command
# in the background must have its own process id.
ordinary=()
if [ "$(id -u)" -eq 0 ]; then
    ordinary=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
