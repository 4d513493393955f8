#!/usr/bin/env bash
# slurm_test.sh PROGRAM SOURCE: a Slurm of one node, of this test alone, and what deploy/slurm and the
# launcher do on it. Exit status 77: there is no Slurm here.
set -u
program="$1" source="$2"
PATH="$PATH:/usr/sbin:/sbin"
for tool in slurmctld slurmd sbatch srun scontrol squeue; do
  command -v "$tool" > /dev/null || { echo "no $tool here (Debian: slurm-wlm)"; exit 77; }
done
unset COHORT_BUILD_DIR COHORT_SRUN "${!OMPI_@}" "${!PMI@}" "${!SLURM_@}" "${!SBATCH_@}" "${!SRUN_@}"

scratch="$(mktemp -d)"
daemons=()
cleanup() {
  [[ -n "${SLURM_CONF:-}" ]] && timeout 10 scancel --user="$(id -un)" 2> /dev/null
  for pid in "${daemons[@]}"; do
    kill "$pid" 2> /dev/null
    for _ in {1..50}; do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2> /dev/null
  done
  rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
cd "$scratch" || exit 1
export XDG_CACHE_HOME="$scratch/cache"

failures=0
expect() {  # name, wanted, found
  [[ "$2" == "$3" ]] && return
  printf 'FAILED %s\n  wanted: %s\n  found:  %s\n' "$1" "$2" "$3"
  failures=$((failures + 1))
}
await() {  # seconds, what, command…: until the command succeeds
  local seconds="$1" what="$2" end=$((SECONDS + $1))
  shift 2
  until "$@" > /dev/null 2>&1; do
    if ((SECONDS >= end)); then
      echo "FAILED: waited $seconds s for $what"
      tail -n 20 slurmctld.log slurmd.log ./*.out 2> /dev/null
      exit 1
    fi
    sleep 0.2
  done
}

# --- The cluster: no munge, no accounting, no cgroups, its own ports and folders. ------------------
mkdir state spool
host="$(uname -n)" host="${host%%.*}"
port=$((20000 + $$ % 20000))
cat > slurm.conf << CONF
ClusterName=cohort-test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/none
CredType=cred/none
# Until a credential expires, a requeued job waits.
AuthInfo=cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/spool
SlurmctldPidFile=$scratch/slurmctld.pid
SlurmdPidFile=$scratch/slurmd.pid
SlurmctldLogFile=$scratch/slurmctld.log
SlurmdLogFile=$scratch/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$scratch/slurm.conf"
slurmctld -D > slurmctld.out 2>&1 &
daemons+=($!)
await 20 "slurmctld" scontrol ping
slurmd -D > slurmd.out 2>&1 &
daemons+=($!)
is_idle() { [[ "$(sinfo -h -o %T)" == idle ]]; }
await 30 "the node" is_idle

# --- srun: the bits of one process. ----------------------------------------------------------------
cat > scenario.toml << 'SCENARIO'
name = "slurm"
[data]
name = "digits"
split = { train = 0.8, test = 0.2 }
partition = { type = "dirichlet", alpha = 0.3, over = "clients" }
[model]
type = "softmax"
[clients]
count = 20
[method]
type = "scaffold"
local_epochs = 4
batch_size = 4
local = { optimizer = { type = "sgd", learning_rate = 0.01 } }
[schedule]
rounds = 100
[evaluation]
every = 50
on = ["test"]
[run]
seed = 1
threads = 1
SCENARIO
read_summary() { sed -n "s/^  \"$2\": \"*\([^\",]*\)\"*,*$/\1/p" "$1/summary.json"; }

"$program" run scenario.toml --out alone > /dev/null
expect "a run without Slurm" 0 $?
[[ -e alone/summary.json ]] || exit 1
timeout 60 srun --mpi=pmix -n 2 "$program" run scenario.toml --out pair > pair.out 2>&1
expect "srun -n 2" 0 $?
expect "ranks" 2 "$(read_summary pair ranks)"
timeout 60 "$program" compare alone pair > compare.out 2>&1
expect "srun -n 2 has the bits of one process" 0 $?

# --- The launcher in a step: never builds. ---------------------------------------------------------
said="$(COHORT_BUILD_DIR="$scratch/no build" timeout 60 srun --mpi=pmix -n 2 \
  "$source/cohort" --version 2>&1)"
expect "one line of the launcher" 1 "$(grep -c 'not built yet' <<< "$said")"
expect "the launcher made no build folder" no "$([[ -e "$scratch/no build" ]] && echo yes || echo no)"
said="$(COHORT_BUILD_DIR="$(dirname -- "$program")" timeout 60 srun --mpi=pmix -n 2 \
  "$source/cohort" --version 2>&1)"
expect "the launcher runs what is built" "$("$program" --version)" "$said"

# --- run.sbatch: a time limit, a signal, and the bits of a run that was never stopped. -------------
# Half a minute and more on any machine: a limit of one minute leaves half of it to a run.
rounds="$(awk '/"seconds"/ { print int(45 * 100 / ($2 + 0.001)) }' alone/summary.json)"
sets=(--set "schedule.rounds=$rounds" --set evaluation.every=100000)
export COHORT="$program"
submit() { sbatch --parsable --output="$1.out" "${@:2}"; }
limited="$(submit limited --time=1 "$source/deploy/slurm/run.sbatch" scenario.toml \
  --out limited "${sets[@]}")"
signalled="$(submit signalled --time=9 --ntasks=2 "$source/deploy/slurm/run.sbatch" scenario.toml \
  --out signalled "${sets[@]}")"
has_begun() { [[ "$(wc -l < signalled/metrics.jsonl)" -gt 10 ]]; }
await 60 "a run to begin" has_begun
scancel --signal=USR1 --batch "$signalled"
"$program" run scenario.toml --out whole "${sets[@]}" > /dev/null
is_over() { [[ "$(read_summary "$1" status)" == finished && -z "$(squeue -h -j "$2" 2> /dev/null)" ]]; }
for job in "limited $limited" "signalled $signalled"; do
  read -r name id <<< "$job"
  await 400 "the job of $name" is_over "$name" "$id"
  expect "$name was requeued" yes "$(grep -q 'is used up: requeued' "$name.out" && echo yes || echo no)"
  expect "$name went on" yes "$(grep -q '"resumed after round' "$name/events.jsonl" && echo yes || echo no)"
  expect "$name ends with the model" "$(read_summary whole model_hash)" "$(read_summary "$name" model_hash)"
done
expect "one allocation more for one signal" 1 "$(grep -c 'is used up: requeued' signalled.out)"

# --- array.sbatch: every task by itself is requeued once, and told its point and when it ends. ------
common() { sed -n '/^# --- Below here/,$p' "$source/deploy/slurm/$1.sbatch"; }
expect "what the two scripts have in common" "$(common run)" "$(common array)"
cat > program << 'PROGRAM'
#!/usr/bin/env bash
echo "began with ${SLURM_JOB_END_TIME:-nothing}: $*"
[[ -e "stopped.$SLURM_ARRAY_TASK_ID" ]] || { touch "stopped.$SLURM_ARRAY_TASK_ID"; exit 75; }
PROGRAM
chmod +x program
array="$(COHORT="$scratch/program" submit task-%a --array=1-3 "$source/deploy/slurm/array.sbatch" \
  sweep.toml --out swept)"
has_ended() { [[ -z "$(squeue -h -j "$array" 2> /dev/null)" ]]; }
await 120 "the array" has_ended
options="run sweep.toml --out swept --point slurm --resume --set schedule.stop.wall_time=slurm"
for task in 1 2 3; do
  expect "allocations of task $task" 2 "$(grep -c "^began with [0-9]*: $options$" "task-$task.out")"
  expect "requeues of task $task" 1 "$(grep -c 'is used up: requeued' "task-$task.out")"
done
bash "$source/deploy/slurm/array.sbatch" sweep.toml 2> /dev/null
expect "array.sbatch outside of an array" 2 $?

# --- A real sweep: a task a point, and the table of one process, hashes of the models among it. ------
printf '%s\n' '[sweep]' 'seeds = [1, 2, 3]' | cat scenario.toml - | sed '/^seed = 1$/d' > seeds.toml
"$program" run seeds.toml --out swept > swept.out
expect "a sweep without Slurm" 0 $?
array="$(submit point-%a --array=1-3 "$source/deploy/slurm/array.sbatch" seeds.toml --out dealt)"
await 120 "the points" has_ended
expect "an array has the table of the sweep" "$(cat swept/sweep.csv)" "$(cat dealt/sweep.csv)"

((failures == 0)) || tail -n 20 ./*.out
exit $((failures > 0))
