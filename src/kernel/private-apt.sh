#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Packages of another Debian suite, without touching the system's apt: private sources (the
# system's own entry for this release, with another suite), private lists, private cache, all
# below ${XDG_CACHE_HOME:-$HOME/.cache}/ktstr/apt. The suite `system` stands for all the system's own
# entries for this release, updates and security included. Everything but `install` works as any user.
# Safe to run several times at once. Progress goes to stderr, answers to stdout.
#
#   download SUITE DIR PACKAGE...  put the .deb files into DIR and print their paths
#   source   SUITE DIR SOURCE...   put the files of source packages into DIR and print their paths
#   depends  SUITE PACKAGE         print `name version` of PACKAGE and of what it needs in exactly the
#                                  same version (the parts of one release), recursively
#   install  SUITE PACKAGE...      install from SUITE, dependencies from the system's suites (root)
#
# Exit status: 0 done; 1 apt failed; 2 usage; 10 the suite cannot be reached (offline);
# 11 no such suite or package; 12 this system has no Debian sources to derive from.
set -eu

say() { echo "private-apt: $*" >&2; }
die() {
  status=$1
  shift
  say "$*"
  exit "$status"
}
usage() {
  die 2 "usage: {download|source} SUITE DIR NAME... | depends SUITE NAME | install SUITE NAME..."
}

[ $# -ge 3 ] || usage
verb=$1
suite=$2
shift 2
case $suite in *[!a-z0-9-]*) die 2 "'$suite' is not the name of a suite" ;; esac
case $verb in
  source) kind=deb-src ;;
  download | depends | install) kind=deb ;;
  *) usage ;;
esac
for tool in apt-get apt-cache apt-config flock awk; do
  command -v "$tool" >/dev/null || die 12 "this system has no $tool"
done

max_age_minutes=720
base=${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/ktstr/apt
state=$base/$suite.$kind
mkdir -p "$state/sources" "$state/lists/partial" "$state/cache/archives/partial"
[ -w "$state" ] || die 1 "$state belongs to another user: remove it or set XDG_CACHE_HOME"
exec 9>"$state/lock"
flock -n 9 || {
  say "waiting for another process that uses $state"
  flock 9
}

# The system's apt entry for the running release, rewritten for $suite. A third party's repository may
# be named after the release too, so an entry whose URI ends in the distribution's name is preferred.
derive_sources() {
  eval "$(apt-config shell parts Dir::Etc::sourceparts/d list Dir::Etc::sourcelist/f)"
  distribution=$(. /etc/os-release && echo "$ID")
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  set --
  for file in "$list" "$parts"*.list "$parts"*.sources; do
    [ -r "$file" ] && [ -f "$file" ] && set -- "$@" "$file"
  done
  [ $# -gt 0 ] || die 12 "no readable apt sources in $list and $parts"
  awk -v suite="$suite" -v kind="$kind" -v distribution="$distribution" \
    -v names=" $codename stable oldstable testing unstable sid " -v out="$state/sources/ktstr" '
    function serves(suites,   i, n, word) {
      n = split(suites, word, /[ \t\n]+/)
      for (i = 1; i <= n; i++)
        if (word[i] != "" && index(names, " " word[i] " ")) return 1
      return 0
    }
    # This release, or a part of it such as its security updates.
    function serves_part(suites,   i, n, word) {
      n = split(suites, word, /[ \t\n]+/)
      for (i = 1; i <= n; i++) {
        sub(/-.*/, "", word[i])
        if (word[i] != "" && index(names, " " word[i] " ")) return 1
      }
      return 0
    }
    function offer(uris, text, extension,   score) {
      score = uris ~ ("/" distribution "/?([ \t]|$)") ? 2 : 1
      if (score > best) { best = score; chosen = text; form = extension }
    }
    # deb822: a stanza is kept but for what names types, suites and components.
    function end_stanza() {
      if (value["types"] ~ /(^|[ \t])deb([ \t]|$)/ && value["enabled"] !~ /^[ \t]*(no|false|0)/ \
          && value["components"] ~ /(^|[ \t])main([ \t]|$)/) {
        if (suite == "system" && serves_part(value["suites"])) {
          all["sources"] = all["sources"] "Types: " kind "\nSuites:" value["suites"] \
            "\nComponents: main\n" kept "\n"
        } else if (serves(value["suites"]))
          offer(value["uris"],
                "Types: " kind "\nSuites: " suite "\nComponents: main\n" kept, "sources")
      }
      split("", value); kept = ""; field = ""
    }
    FNR == 1 { end_stanza() }
    /^[ \t]*#/ { next }
    FILENAME ~ /\.sources$/ {
      if ($0 ~ /^[ \t]*$/) { end_stanza(); next }
      if ($0 !~ /^[ \t]/) {
        field = tolower($0); sub(/[ \t]*:.*/, "", field)
        value[field] = $0; sub(/^[^:]*:/, "", value[field])
      } else value[field] = value[field] " " $0
      if (field !~ /^(types|suites|components|enabled|x-.*)$/) kept = kept $0 "\n"
      next
    }
    $1 == "deb" {
      options = ""
      line = $0; sub(/^[ \t]*deb[ \t]+/, "", line)
      if (match(line, /^\[[^]]*\][ \t]*/)) {
        options = substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1)
      }
      n = split(line, word, /[ \t]+/)
      components = ""
      for (i = 3; i <= n; i++) components = components " " word[i]
      if (components !~ / main( |$)/) next
      if (suite == "system" && serves_part(word[2]))
        all["list"] = all["list"] kind " " options word[1] " " word[2] " main\n"
      else if (serves(word[2]))
        offer(word[1], kind " " options word[1] " " suite " main\n", "list")
    }
    END {
      end_stanza()
      for (form in all) {
        printf "%s", all[form] > (out "." form)
        found = 1
      }
      if (found) exit 0
      if (!best) exit 1
      printf "%s", chosen > (out "." form)
    }' "$@" || die 12 "no entry for '$codename main' in the apt sources ($*) to derive '$suite' from"
}

# Only `install` sees what is installed and pinned here: an empty status file for the rest.
write_config() {
  cat >"$state/apt.conf" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "root";
APT::Get::Assume-Yes "true";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$state/sources";
Dir::State::lists "$state/lists";
Dir::Cache "$state/cache";
Dir::Cache::archives "$state/cache/archives";
CONF
  [ "$verb" = install ] || cat >>"$state/apt.conf" <<CONF
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::status "$state/status";
CONF
}

apt_with() {
  tool=$1
  shift
  LC_ALL=C "$tool" -c "$state/apt.conf" "$@" </dev/null 9>&-
}

# $1: what was tried. Reads $state/log; does not return.
explain_failure() {
  if grep -qE "Unable to locate|Unable to find a source|No packages found|no installation candidate" \
    "$state/log"; then
    grep -E "^E:" "$state/log" >&2
    die 11 "$1: '$suite' has no such package"
  fi
  if grep -qE "Could not (resolve|connect)|Unable to connect|Temporary failure|timed out" "$state/log"
  then
    grep -E "^(E|W|Err)" "$state/log" | head -n 3 >&2
    die 10 "$1: '$suite' cannot be reached. Check the network (a proxy is set with apt's" \
      "Acquire::http::Proxy), then run the same command again; what is there already is kept in $base"
  fi
  if grep -q "does not have a Release file" "$state/log"; then
    die 11 "$1: the mirror in the system's apt sources has no suite '$suite'"
  fi
  cat "$state/log" >&2
  die 1 "$1: apt failed; its own words stand above"
}

refresh() {
  say "reading the package lists of $suite"
  rm -f "$state"/sources/*
  derive_sources
  apt_with apt-get update --error-on=any >"$state/log" 2>&1 || explain_failure "package lists"
  touch "$state/fresh"
}

refresh_if_old() {
  [ -n "$(find "$state/fresh" -mmin -$max_age_minutes 2>/dev/null)" ] || refresh
}

# Runs a command that logs to $state/log; should it fail, once more with new lists, because a package
# that the old ones name may have been replaced since. $1: what is tried, for messages.
with_lists() {
  title=$1
  shift
  refresh_if_old
  "$@" >"$state/log" 2>&1 && return
  refresh
  "$@" >"$state/log" 2>&1 || explain_failure "$title"
}

# Into a directory of its own, so that the caller's never holds half a file.
fetch() {
  rm -rf "$state/incoming"
  mkdir "$state/incoming" && cd "$state/incoming" || return
  if [ "$verb" = source ]; then
    apt_with apt-get source --download-only "$@"
  else
    apt_with apt-get download "$@"
  fi
}

print_closure() {
  pending=$1
  seen=" "
  while [ -n "${pending# }" ]; do
    set -- $pending
    package=$1
    shift
    pending=$*
    case $seen in *" $package "*) continue ;; esac
    seen="$seen$package "
    with_lists "depends $package" apt_with apt-cache show --no-all-versions "$package"
    version=$(sed -n 's/^Version: //p' "$state/log")
    echo "$package $version"
    parts=$(sed -n 's/^\(Pre-\)\{0,1\}Depends: //p' "$state/log" | tr ',' '\n' |
      awk -v exact="(= $version)" '!/\|/ && index($0, exact) { sub(/:.*/, "", $1); print $1 }')
    pending="$pending $parts"
  done
}

# The system's own sources and lists beside the suite's, in one place for one apt-get.
merge_with_system() {
  merged=$state/merged
  rm -rf "$merged"
  mkdir -p "$merged/lists/partial" "$merged/sources"
  eval "$(apt-config shell parts Dir::Etc::sourceparts/d list Dir::Etc::sourcelist/f \
    lists Dir::State::lists/d)"
  [ ! -f "$list" ] || cp "$list" "$merged/sources/system.list"
  for file in "$parts"*.list "$parts"*.sources "$state"/sources/*; do
    [ ! -f "$file" ] || cp "$file" "$merged/sources/"
  done
  for file in "$lists"* "$state"/lists/*; do
    [ ! -f "$file" ] || ln -sf "$file" "$merged/lists/"
  done
  cat >>"$state/apt.conf" <<CONF
Dir::Etc::sourceparts "$merged/sources";
Dir::State::lists "$merged/lists";
DPkg::Lock::Timeout "600";
CONF
}

: >"$state/status"
write_config
case $verb in
  download | source)
    directory=$1
    shift
    [ $# -gt 0 ] || usage
    mkdir -p "$directory"
    directory=$(cd "$directory" && pwd)
    say "fetching $* from $suite"
    with_lists "$verb $*" fetch "$@"
    for file in "$state"/incoming/*; do
      mv -f "$file" "$directory/"
      echo "$directory/${file##*/}"
    done
    ;;
  depends)
    [ $# -eq 1 ] || usage
    print_closure "$1"
    ;;
  install)
    [ "$(id -u)" = 0 ] || die 1 "install needs root"
    say "installing $* from $suite"
    refresh_if_old
    merge_with_system
    export DEBIAN_FRONTEND=noninteractive
    apt_with apt-get install --no-install-recommends -t "$suite" "$@" >"$state/log" 2>&1 ||
      explain_failure "install $*"
    ;;
esac
