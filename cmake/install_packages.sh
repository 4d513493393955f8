#!/usr/bin/env bash
# install_packages.sh GROUP…: installs what is missing of the groups of packages.txt, and says so.
# Exit status 0: everything is there; 1: something is not, and what to do was printed.
set -u
list="$(dirname -- "${BASH_SOURCE[0]}")/packages.txt"

wanted=()
while read -r package group _; do
  [[ -z "$package" || "$package" == \#* ]] && continue
  [[ " $* " == *" $group "* ]] && wanted+=("$package")
done < "$list"

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
  echo "cohort: this is not a Debian system; if the build stops, install the equivalents of:" >&2
  echo "  ${wanted[*]}" >&2
  exit 1
fi

installed=" $(dpkg-query -W -f='${db:Status-Status}:${Package} ' "${wanted[@]}" 2> /dev/null)"
missing=()
for package in "${wanted[@]}"; do
  [[ "$installed" == *" installed:$package "* ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $EUID -ne 0 ]]; then
  if ! command -v sudo > /dev/null; then
    echo "cohort: these packages are missing, and there is no sudo here; as root, run:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
  [[ -t 0 ]] || as_root=(sudo -n)  # nobody is there to type a password
fi

echo "cohort: installing the Debian packages that the build needs and this machine lacks" \
     "(list and reasons: cmake/packages.txt):" >&2
echo "  ${as_root[*]:+${as_root[*]} }apt-get install ${missing[*]}" >&2

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
    -o Acquire::Retries=3 "$@" < /dev/null
}
# A new machine has no package index, or an old one whose files are gone.
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! { apt update && apt install -y --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "cohort: the installation failed; repair it, or as root run:" >&2
  echo "  apt-get update && apt-get install ${missing[*]}" >&2
  exit 1
fi
