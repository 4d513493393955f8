#!/usr/bin/env bash
# launcher_test.sh LAUNCHER: the launcher in a tree of its own, with a stand-in for cmake that
# "builds" a program which prints its arguments and ends with status 7.
set -u
# Not the folder of the build that runs this test, either.
unset COHORT_BUILD_DIR "${!OMPI_@}" "${!PMI@}" "${!SLURM_@}"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
tree="$scratch/a tree"
mkdir -p "$tree/cmake" "$scratch/bin"
cp -- "$1" "$tree/cohort"
touch "$tree/cmake/packages.txt"
printf '#!/bin/sh\nexit 0\n' > "$tree/cmake/install_packages.sh"
cat > "$scratch/bin/cmake" << 'STUB'
#!/usr/bin/env bash
echo "$*" >> "$CALLS"
case "$1" in
  --preset) sleep 0.2; touch "$4/build.ninja" ;;
  --build)
    sleep 0.2
    [[ -z "${BROKEN:-}" ]] || { echo "error: broken"; exit 1; }
    printf '#!/bin/sh\necho "ran: $*"\nexit 7\n' > "$2/cohort"
    chmod +x "$2/cohort"
    echo "ninja: no work to do." ;;
esac
STUB
chmod +x "$scratch/bin/cmake" "$tree/cmake/install_packages.sh"
export PATH="$scratch/bin:$PATH" CALLS="$scratch/calls"

failures=0
expect() {  # name, wanted, found
  [[ "$2" == "$3" ]] && return
  printf 'FAILED %s\n  wanted: %s\n  found:  %s\n' "$1" "$2" "$3"
  failures=$((failures + 1))
}
calls() { [[ ! -e "$CALLS" ]] || wc -l < "$CALLS"; }

# Not built, inside a job: one clear line from rank 0, nothing built.
for job in "OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=0" "PMI_RANK=0" "PMIX_RANK=0" \
           "SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0"; do
  said="$(env $job "$tree/cohort" run x 2>&1)"
  expect "status of rank 0 under $job" 3 $?
  expect "one line under $job" 1 "$(grep -c 'not built yet' <<< "$said")"
done
said="$(env PMIX_RANK=1 "$tree/cohort" run x 2>&1)"
expect "status of rank 1" 3 $?
expect "rank 1 is silent" "" "$said"
expect "nothing was built in a job" "" "$(calls)"

# The first call, through a link and from elsewhere: configures, builds, passes on what it got.
ln -s "$tree/cohort" "$scratch/link"
said="$(cd / && "$scratch/link" run "two words" 2> /dev/null)"
expect "status of the program" 7 $?
expect "arguments and nothing else on standard output" "ran: run two words" "$said"
expect "a configuration and a build" 2 "$(calls)"

# The next one only looks whether something changed, and says nothing.
expect "a quiet second call" "ran: list" "$("$tree/cohort" list 2>&1)"

# Inside a job, built: runs, and builds nothing.
before="$(calls)"
expect "a rank of a job" "ran: run x" "$(PMIX_RANK=1 "$tree/cohort" run x 2>&1)"
expect "no build in a job" "$before" "$(calls)"
# The script of a batch job is no rank of it.
SLURM_PROCID=0 SLURM_NTASKS=4 "$tree/cohort" list > /dev/null
expect "a build in a batch script" $((before + 1)) "$(calls)"

# A build that fails shows why, and does not run what is left of the last one.
said="$(BROKEN=1 "$tree/cohort" list 2>&1)"
expect "status of a failed build" 3 $?
expect "the reason" "error: broken
cohort: the build failed" "$said"

# Two first calls at once: one configures, both run.
rm "$CALLS"
export COHORT_BUILD_DIR="$scratch/other build"
"$tree/cohort" one > "$scratch/one" 2> /dev/null &
"$tree/cohort" two > "$scratch/two" 2> /dev/null
wait
expect "one configuration" 1 "$(grep -c -- --preset "$CALLS")"
expect "both ran" "ran: one ran: two" "$(cat "$scratch/one" "$scratch/two" | xargs)"

exit $((failures > 0))
