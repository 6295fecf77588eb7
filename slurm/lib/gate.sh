# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# Who may come in: a network of the server's own, the gate before it, and the secrets that are asked for.

# By member: whether it has a network of its own; `HOST PORT` of the gate before it, and who reached that, as a field of JSON.
declare -A CLOSED=() GATES=()

# A network of its own for a server, without root: its loopback is nobody else's on this node. Not every node allows it, nor can every
# container run in one, so the command is tried first.
serve_closed() { # NAME COMMAND… -- ARGUMENT…
  local name=$1 command=()
  shift
  while [[ $1 != -- ]]; do command+=("$1") && shift; done
  # shellcheck disable=SC2016   # for the shell inside
  local alone=(unshare --user --map-root-user --net -- bash -c 'PATH=$PATH:/usr/sbin:/sbin ip link set lo up && exec "$@"' alone)
  if "${alone[@]}" "${command[@]}" --version >/dev/null 2>&1; then
    CLOSED[$name]=true
    command=("${alone[@]}" "${command[@]}")
  else
    say 'this node allows no network of its own: the server is open to every user of the node' >&2
  fi
  serve "$name" "${command[@]}" "${@:2}"
}

# Runs a command in the network of a member.
beside() { # NAME COMMAND…
  if [[ ${CLOSED[$1]:-} == true ]]; then
    nsenter --target "${PIDS[$1]}" --user --net --preserve-credentials -- "${@:2}"
  else "${@:2}"; fi
}

# The door for everybody else: it asks for a token, and knows the server's own where that has one. RUN_DIR/gate holds its command.
open_gate() { # NAME HOST PORT
  local gate inside=() name=gate port
  [[ $1 == "$KIND" ]] || name="gate of $1"
  renew_secret gate
  mapfile -t gate <./gate
  if [[ ${CLOSED[$1]:-} == true ]]; then inside=(--inside "${PIDS[$1]}"); fi
  port=$(free_port)
  help_with "$name" "${gate[@]}" --listen "$2:$port" --target "http://127.0.0.1:$3" "${inside[@]}"
  until (exec 3<>"/dev/tcp/$2/$port") 2>/dev/null; do
    members_alive || exit 1
    sleep 0.1
  done
  GATES[$1]="$2 $port"
}

# Whether what is advertised can be reached from another node of the job, before anybody is told of it.
prove_reachable() { # NAME NODE
  local from host port
  read -r host port <<<"${GATES[$1]}"
  # shellcheck disable=SC2016   # for the shell there
  if timeout -k 2 30 srun --nodes=1 --ntasks=1 --nodelist="$2" --overlap --mem=0 --gres=none --input=none --quiet --export=ALL \
    timeout 10 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$host" "$port" 2>/dev/null; then
    from=reachedFrom
  else
    from=unreachedFrom
    say "$host:$port can't be reached from $2" >&2
  fi
  GATES[$1]+=" ,\"$from\":$(json "$2")"
}

# A job that was requeued has removed its secrets at its first end: it runs again with new ones. With a USER it is a password of
# theirs, and NAME.token holds both.
renew_secret() { # NAME [USER]
  local secret
  [[ ! -s $1.token ]] || return 0
  secret=$(head -c 32 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_')
  if [[ -n ${2:-} ]]; then
    printf '%s:%s' "$2" "$secret" >"$1.token"
    printf 'Authorization: Basic %s\n' "$(base64 -w 0 <"$1.token")" >"$1.header"
  else
    printf '%s' "$secret" >"$1.token"
    printf 'Authorization: Bearer %s\n' "$secret" >"$1.header"
  fi
}
