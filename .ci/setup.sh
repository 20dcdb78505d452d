# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by ./dev: what ktstr needs on a machine, and installing what is missing of it. The system's
# package sources are never edited; QEMU 10 and the pinned sources come through private-apt.sh.
# shellcheck shell=bash disable=SC2154 # die, say, stage and their variables are ./dev's.

clang=16
packages=(
  meson ninja-build pkg-config g++ ccache python3           # to build, and to sum up the tests
  libfmt-dev libexpected-dev libre2-dev                     # everywhere: text, results, patterns
  libyaml-cpp-dev libtomlplusplus-dev nlohmann-json3-dev    # scenarios in, reports out
  libcli11-dev                                              # command lines
  libelf-dev zlib1g-dev libzstd-dev liblzma-dev liblz4-dev libxxhash-dev  # kernels: symbols, modules, compression, hashes
  dpkg-dev ca-certificates cpio kmod e2fsprogs              # to fetch, unpack and pack them
  librapidcheck-dev libvalijson-dev acpica-tools            # test generators and oracles
  rt-tests stress-ng                                        # programs that scenarios run
  "clang-$clang" "lld-$clang" "clang-format-$clang"         # BPF, the second compiler, lint
)
# Older emulation, run with several threads, crashes guests whose kernel patches its own code.
qemu_needed=10
sources_suite=trixie

os_field() { (. /etc/os-release && eval "echo \"\${$1:-}\""); }

missing_packages() {
  local have
  have=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null | sed -n 's/^.i  *//p')
  printf '%s\n' "$@" | grep -vxF "$have" | paste -sd ' ' || true
}

# Prints the major version, nothing if there is no QEMU.
qemu_version() {
  qemu-system-x86_64 --version 2>/dev/null | sed -n 's/.* version \([0-9]*\).*/\1/p'
}

# Runs each argument, a command without quotes in it, as root: whoever is not is shown all of them
# first and asked. A failure shows itself; what counts is what is there afterwards: the caller looks.
run_as_root() {
  local sudo='' answer='' line
  if [ "$(id -u)" != 0 ]; then
    say "Packages are missing. To install them:"
    printf '    sudo %s\n' "$@" >&2
    [ -t 0 ] || die "not root, and no terminal to ask on: run the above, then ./dev again"
    read -r -p "Run this now? [y/N] " answer || true
    [[ $answer == [yY]* ]] || die "nothing was installed: run the above as root, then ./dev again"
    sudo -v || die "sudo refuses: run the above as root, then ./dev again"
    sudo=sudo
  fi
  for line in "$@"; do
    # shellcheck disable=SC2086 # The words of a command.
    stage "${line:0:56}" $sudo env DEBIAN_FRONTEND=noninteractive $line || true
  done
}

install_packages() {
  local missing commands=() install='apt-get install -y --no-install-recommends'
  local backports='sh src/kernel/private-apt.sh install bookworm-backports qemu-system-x86'
  case $(os_field ID) in
    debian) ;;
    ubuntu)
      say "On Ubuntu: QEMU is the release's, libbpf and Catch2 come from their own addresses, and there is"
      say "no kernel to fetch: give one that has sched_ext with --kernel."
      ;;
    *)
      say "On this distribution packages are yours to install. Needed is what Debian 12 calls:"
      say "    ${packages[*]} qemu-system-x86"
      say "libbpf and Catch2 are built from subprojects/. QEMU should be $qemu_needed or newer."
      [ "$command" != setup ] || exit 3
      return
      ;;
  esac
  missing=$(missing_packages "${packages[@]}")
  [ -z "$missing" ] || commands+=("$install $missing")
  if [ "$(os_field VERSION_CODENAME)" != bookworm ]; then
    [ -n "$(qemu_version)" ] || commands+=("$install qemu-system-x86")
  elif [ "$(qemu_version || echo 0)" -lt $qemu_needed ]; then
    commands+=("$backports")
  fi
  [ ${#commands[@]} = 0 ] || run_as_root "apt-get update" "${commands[@]}"
  [ -n "$(qemu_version)" ] || run_as_root "$install qemu-system-x86"
  missing=$(missing_packages "${packages[@]}")
  [ -z "$missing" ] ||
    die "not installed: $missing. The reason is above and in $logs; then ./dev setup again"
  [ -n "$(qemu_version)" ] || die "QEMU is not installed: the reason is above; then ./dev setup again"
  [ "$(qemu_version)" -ge $qemu_needed ] ||
    say "QEMU here is version $(qemu_version), as $qemu_needed could not be had: emulation will use" \
      "one thread, and be slower. ./dev setup tries again."
}

# The tarballs that the wraps name, out of the distribution's source packages, if the hash agrees.
fetch_pinned_sources() {
  local wrap file hash folder
  for wrap in subprojects/*.wrap; do
    file=subprojects/packagecache/$(sed -n 's/^source_filename *= *//p' "$wrap")
    hash=$(sed -n 's/^source_hash *= *//p' "$wrap")
    ! echo "$hash  $file" | sha256sum --check --status 2>/dev/null || continue
    folder=$(mktemp -d -p "$logs")
    mkdir -p subprojects/packagecache
    sh src/kernel/private-apt.sh source "$sources_suite" "$folder" "$(basename "$wrap" .wrap)" &&
      echo "$hash  $(echo "$folder"/*.orig.tar.*)" | sha256sum --check &&
      mv "$folder"/*.orig.tar.* "$file"
    rm -rf "$folder"
    [ -f "$file" ] || return 1
  done
}

# Done once for this list of needs on this machine; the verb `setup` itself always looks again.
setup() {
  local stamp=.cache/setup key
  key=$(cat .ci/setup.sh subprojects/*.wrap /etc/os-release <(uname -n) | sha256sum)
  [ "$command" = setup ] || [ "$(cat $stamp 2>/dev/null)" != "$key" ] || return 0
  install_packages
  # Only Debian has the suite; and what was not to be had now is tried again the next time.
  if [ "$(os_field ID)" = debian ] && ! stage "pinned sources" fetch_pinned_sources; then
    say "libbpf and Catch2 did not come from the distribution; meson will try their own addresses."
    return
  fi
  echo "$key" >$stamp
}
