# For the labs: namespaces that a process holds, so that others can be started in them. To be read by bash.

# Makes namespaces, has a shell set them up, and leaves the number of the process that holds them in a file.
hold() { # FILE OPTIONS-OF-UNSHARE COMMANDS ARGUMENT…
  local options attempt
  read -ra options <<<"$2"
  rm -f "$1"
  # shellcheck disable=SC2016 # for the shell inside
  unshare "${options[@]}" sh -c "$3"' && echo $$ >"$0.new" && mv "$0.new" "$0" && exec sleep infinity' "$1" "${@:4}" \
    </dev/null >/dev/null 2>"$1.error" &
  for ((attempt = 0; attempt < 500; attempt++)); do
    if [[ -s $1 ]]; then return 0; fi
    sleep 0.02
  done
  echo "${1##*/} did not start: $(<"$1.error")" >&2
  return 1
}

# The processes that are in a holder's network, but never in that of the machine itself, should the holder's number have
# been given to another process.
members() { # FILE
  local space process
  [[ -s $1 ]] || return 0
  space=$(readlink "/proc/$(<"$1")/ns/net" 2>/dev/null) || return 0
  [[ $space != $(readlink /proc/self/ns/net) ]] || return 0
  for process in /proc/[0-9]*; do
    if [[ $(readlink "$process/ns/net" 2>/dev/null) == "$space" ]]; then echo "${process#/proc/}"; fi
  done
}

# Ends all of them, and so the namespaces.
release() { # FILE
  local process
  for process in $(members "$1"); do kill -KILL "$process" 2>/dev/null || true; done
  rm -f "$1"
}
