#!/usr/bin/env bash
# Runs the tests that ./run.sh test has built: those that communicate alone and under mpirun, the others once.
#
#   Tests/run-tests.sh FOLDER [NAME]     FOLDER holds the debug build; NAME, a regular expression, chooses tests
#
# PCOMPUTE_TEST_RANKS   the numbers of ranks, beside a single process (2 3 4 7)
# PCOMPUTE_TEST_LAUNCHES  0: not those that launch programs, nor those that need no MPI; some: of these those of spawned and
#                       of failed processes
# PCOMPUTE_TEST_FARM    1: then those that need no MPI all the same
# PCOMPUTE_LEAKS        1: a handle of MPI's that is not freed is a failed test; 0: it is not looked for (with Open MPI 4: 1,
#                       with others: 0)
# PCOMPUTE_TEST_LIMIT   seconds after which one run is ended (900; the tests that launch programs: 1200)
set -euo pipefail

# Under mpirun this script stands before each rank's test process: rank 0 speaks, the others write to files.
if [[ ${1:-} == --rank ]]; then
  folder=$2 handles=$3 rank=${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-${PMIX_RANK:-0}}}
  shift 3
  if ((rank)); then exec >"$folder/$rank" 2>&1; fi
  if [[ $handles ]]; then
    exec env OMPI_MCA_mpi_show_handle_leaks=1 "LD_PRELOAD=$handles${LD_PRELOAD:+:$LD_PRELOAD}" "$@"
  fi
  exec "$@"
fi

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
tests=$1/pcomputePackageTests.xctest name=${2:-}
logs=$(mktemp -d) seen=$(mktemp) lanes=$(mktemp -d)
passed=0 failed=0 skipped=0 child='' matched='' beside=()

# What happens on a signal, and at the end: nothing is left running, nothing is left behind.
finish() {
  if [[ $child || ${beside[*]} ]]; then
    kill -TERM ${child:+"$child"} "${beside[@]}" 2>/dev/null || true
    wait || true
  fi
  rm -rf "$logs" "$seen" "$lanes"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The names of the tests in a log that ended so: "passed", "failed". (The last line, of the whole run, is no test.)
ended() { # OUTCOME LOG…
  sed -nE "/^[^ ]+ Test run with /d; s/^[^ ]+ Test (.*) $1 after [0-9.]+ seconds.*/\1/p" "${@:2}" | sort
}

# The first lines of what may be long: of a crash's backtrace, say. (head would end who writes more, and with it this script.)
first() { awk 'NR <= 60'; }

# What ranks other than 0 have to say: failures, crashes, whatever is not the course of things.
others() {
  local log
  for log in "$logs"/[1-9]*; do
    [[ -f $log ]] || continue
    sed -nE "/^(◇|✔|➜|↳ (Testing Library|Target Platform))/!{/./s/^/[rank ${log##*/}] /p}" "$log" | first
  done
}

# Where each rank stood when time was up.
standing() {
  local log
  for log in "$logs"/[0-9]*; do
    printf '[rank %s] last: %s\n' "${log##*/}" "$(grep -aE '^[^ ]+ Test ' "$log" | tail -n 1)"
  done
}

run() { # TITLE RANKS LIMIT SUITES [SKIPPED]
  local title=$1 ranks=$2 limit=$3 filter="^($4)[./].*${name:+($name)}" status=0 good bad elsewhere log started=$SECONDS
  local hidden='^◇|^↳ (Testing Library|Target Platform)'
  local command=("$tests" --testing-library swift-testing --no-parallel --filter "$filter" ${5:+--skip "^($5)[./]"})
  rm -f "$logs"/*
  printf '\n--- %s\n' "$title"
  # The names of what passes are those of the run before.
  if ((ranks > 1)); then hidden+='|^✔ (Test .* passed|Suite) '; fi
  # Alone, a process of MPICH starts an mpiexec for itself when it is asked for more than messages, and that may be
  # another MPI's, which never answers.
  if ((ranks > 1)) || [[ ${PCOMPUTE_MPI:-} =~ mpich|mpi-abi && $4 == MPITests* ]]; then
    command=("$here/../run.sh" -n "$ranks" exec "$here/run-tests.sh" --rank "$logs" "$handles" "${command[@]}")
  elif [[ $4 == MPITests* ]]; then
    command=("$here/run-tests.sh" --rank "$logs" "$handles" "${command[@]}")
  fi
  timeout --kill-after=10 "$limit" "${command[@]}" </dev/null \
    > >(tee "$logs/0" | grep --line-buffered -avE "$hidden" | grep --line-buffered -avxFf "$seen") 2>&1 &
  child=$!
  wait "$child" || status=$?
  child=
  sleep 0.1 # for the last lines to arrive
  # Swift Testing's status where no test has a name that was asked for.
  matched=1
  if ((status == 69)) && grep -qaE '^[^ ]+ Test run with 0 tests' "$logs/0"; then
    matched=
    return 0
  fi
  # What has passed on rank 0 may have failed on another.
  elsewhere=$(comm -13 <(ended failed "$logs/0") <(ended failed "$logs"/* | sort -u) | wc -l)
  # What is skipped is said once, however many runs skip it.
  grep -aE '^➜' "$logs/0" >>"$seen" || true
  good=$(($(ended passed "$logs/0" | wc -l) - elsewhere))
  bad=$(($(ended failed "$logs/0" | wc -l) + elsewhere))
  skipped=$((skipped + $(grep -acE '^➜ Test ' "$logs/0" || true)))
  if ((status != 0)); then
    others
    if ((SECONDS - started >= limit)); then
      printf '✘ %s: still running after %s s, and ended\n' "$title" "$limit"
      standing
    elif ((bad == 0)); then
      printf '✘ %s: ended with status %s\n' "$title" "$status"
      standing
    fi
    # A test that did not come to its end is a failed one.
    ((bad)) || bad=1
  fi
  if grep -qaE "$left" "$logs"/[0-9]*; then
    # Rank 0 has spoken.
    for log in "$logs"/[1-9]*; do
      if [[ -f $log ]]; then sed -nE "/$left/,\$s/^/[rank ${log##*/}] /p" "$log" | first; fi
    done
    printf '✘ %s: handles of MPI were not freed, see "still allocated" above\n' "$title"
    bad=$((bad + 1))
  fi
  passed=$((passed + good)) failed=$((failed + bad))
  printf '%s: %s passed, %s failed, %s s\n' "$title" "$good" "$bad" "$((SECONDS - started))"
}

# Does what `run` does, beside other runs: tests that launch programs wait for most of their time.
# shellcheck disable=SC2030  # the sums go through a file
beside() { # NUMBER, and what run takes
  local folder=$lanes/$1
  mkdir -p "$folder/logs"
  (
    trap 'kill -TERM ${child:+"$child"} 2>/dev/null; wait; exit 143' TERM
    logs=$folder/logs passed=0 failed=0 skipped=0
    run "${@:2}"
    echo "$passed $failed $skipped" >"$folder/sums"
  ) >"$folder/output" 2>&1 &
  beside[$1]=$!
}

# Prints what a run beside the others has said, once it has ended, and adds what it has counted.
# shellcheck disable=SC2031
collect() { # NUMBER
  local good=0 bad=1 unseen=0
  wait "${beside[$1]}" || true
  unset "beside[$1]"
  cat "$lanes/$1/output"
  if [[ -f $lanes/$1/sums ]]; then read -r good bad unseen <"$lanes/$1/sums"; fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + unseen))
}

# Counts the handles that are made and freed.
handles='' left='WARNING: .*still allocated (in|at) MPI_F'
read -r version < <(pkg-config --modversion "${PCOMPUTE_MPI:-ompi-c}" 2>/dev/null) || version=
if [[ ! ${PCOMPUTE_LEAKS:-} && ${PCOMPUTE_MPI:-ompi-c} == ompi-c && $version == 4.* && $(uname) == Linux ]]; then
  PCOMPUTE_LEAKS=1
fi
# For the tests of the search itself.
export PCOMPUTE_LEAKS=${PCOMPUTE_LEAKS:-0}
if [[ $PCOMPUTE_LEAKS == 1 ]]; then
  handles=$1/handles.so
  if [[ ! $handles -nt $here/handles.c ]]; then
    read -ra flags < <(pkg-config --cflags --libs "${PCOMPUTE_MPI:-ompi-c}")
    clang -shared -fPIC -O1 "$here/handles.c" -o "$handles.$$" "${flags[@]}" \
      "-Wl,-rpath,$(pkg-config --variable=libdir "${PCOMPUTE_MPI:-ompi-c}")"
    mv "$handles.$$" "$handles"
  fi
  handles=$(cd -- "${handles%/*}" && pwd -P)/handles.so
fi

# Ranks that are bound to the same core as those of another job would wait for each other. (Open MPI 4, Open MPI 5.)
export OMPI_MCA_hwloc_base_binding_policy=${OMPI_MCA_hwloc_base_binding_policy:-none}
export PRTE_MCA_hwloc_default_binding_policy=${PRTE_MCA_hwloc_default_binding_policy:-none}

# The logs are read by this script.
export NO_COLOR=1

# The suites in folders named Local need no MPI: they run once.
local=$(sed -nE 's/^@Suite.* struct ([A-Za-z0-9]+).*/\1/p' "$here"/*/Local/*.swift | paste -sd '|')
local="[A-Za-z]+Tests\.($local)"

limit=${PCOMPUTE_TEST_LIMIT:-900}
# Transfers of more than 2^31 elements are for the release build, at the end.
large=${PCOMPUTE_LARGE_TESTS:-}
export PCOMPUTE_LARGE_TESTS=0
launches=${PCOMPUTE_TEST_LAUNCHES:-1} farm=${PCOMPUTE_TEST_FARM:-} alone=$local
if [[ $launches == 1 || $farm == 1 ]]; then alone=; fi
run "one process" 1 "$limit" 'MPITests|SPMDTests' "$alone"
for ranks in ${PCOMPUTE_TEST_RANKS:-2 3 4 7}; do
  if [[ $matched ]]; then run "$ranks ranks" "$ranks" "$limit" 'MPITests|SPMDTests' "$local"; fi
done
if [[ $launches == 1 ]]; then
  limit=${PCOMPUTE_TEST_LIMIT:-1200}
  farms='PComputeTests\.Farm[A-Za-z]*Tests' hosts='LaunchTests\.HostTests' slurm='LaunchTests\.(FarmOn)?SlurmTests'
  beside 1 "farms" 1 "$limit" "$farms"
  beside 2 "commands" 1 "$limit" 'PComputeTests' "$farms"
  beside 3 "hosts" 1 "$limit" "$hosts"
  beside 4 "Slurm" 1 "$limit" "$slurm"
  run "launches" 1 "$limit" 'LaunchTests|FarmTests' "$hosts|$slurm"
  for lane in 1 2 3 4; do collect "$lane"; done
elif [[ $launches == some ]]; then
  run "launches" 1 "$limit" 'LaunchTests\.(SpawnTests|UlfmTests)'
elif [[ $farm == 1 ]]; then
  run "farm" 1 "$limit" 'FarmTests'
fi
if [[ $large == 1 ]]; then
  tests=${PCOMPUTE_RELEASE_TESTS:?}/pcomputePackageTests.xctest
  export PCOMPUTE_LARGE_TESTS=1
  # Nothing is preloaded where allocations are counted.
  handles=
  # Half of their time goes into making pages otherwise (glibc 2.35 and later).
  export GLIBC_TUNABLES=${GLIBC_TUNABLES:-glibc.malloc.hugetlb=1}
  run "release, 2 ranks" 2 900 'OptimizedTests'
fi

echo
if ((skipped)); then echo "$skipped skipped (marked ➜ above)"; fi
if ((passed + failed + skipped == 0)); then
  echo "no test matches ${name:-anything}"
  failed=1
fi
echo "$passed passed, $failed failed"
((failed == 0))
