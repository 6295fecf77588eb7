# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# Who may come in: a network of the service's own, the gate before it, and the secrets that are asked for.

# Whether the service has a network of its own; where the gate before it listens, and who reached it.
CLOSED=false GATE_HOST='' GATE_PORT='' REACHED_FROM=''

# A network of its own for the service, without root: its loopback is nobody else's on this node. Not every node allows it, nor can every
# container run in one, so the command is tried first.
serve_closed() { # COMMAND… -- ARGUMENT…
  local command=()
  while [[ $1 != -- ]]; do command+=("$1") && shift; done
  # shellcheck disable=SC2016   # for the shell inside
  local alone=(unshare --user --map-root-user --net -- bash -c 'PATH=$PATH:/usr/sbin:/sbin ip link set lo up && exec "$@"' alone)
  if "${alone[@]}" "${command[@]}" --version >/dev/null 2>&1; then
    CLOSED=true
    serve "${alone[@]}" "${command[@]}" "${@:2}"
  else
    say 'this node allows no network of its own: the service is open to every user of the node' >&2
    serve "${command[@]}" "${@:2}"
  fi
}

# Runs a command in the service's network.
beside_service() { # COMMAND…
  if [[ $CLOSED == true ]]; then nsenter --target "$SERVICE_PID" --user --net --preserve-credentials -- "$@"; else "$@"; fi
}

# The door for everybody else: it asks for a token, and knows the server's own where that has one.
open_gate() { # HOST PORT
  local gate inside=()
  renew_secret gate
  mapfile -t gate <./gate
  if [[ $CLOSED == true ]]; then inside=(--inside "$SERVICE_PID"); fi
  GATE_HOST=$1 GATE_PORT=$(free_port)
  help_with gate "${gate[@]}" --listen "$GATE_HOST:$GATE_PORT" --target "http://127.0.0.1:$2" "${inside[@]}"
  until (exec 3<>"/dev/tcp/$GATE_HOST/$GATE_PORT") 2>/dev/null; do
    helpers_alive || exit 1
    sleep 0.1
  done
}

# A job that was requeued has removed its secrets at its first end: it runs again with new ones.
renew_secret() { # NAME
  [[ ! -s $1.token ]] || return 0
  head -c 32 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_' >"$1.token"
  printf 'Authorization: Bearer %s\n' "$(<"$1.token")" >"$1.header"
}

# Whether what is advertised can be reached from another node of the job, before anybody is told of it.
prove_reachable() { # NODE
  local from
  # shellcheck disable=SC2016   # for the shell there
  if timeout -k 2 30 srun --nodes=1 --ntasks=1 --nodelist="$1" --overlap --mem=0 --gres=none --input=none --quiet --export=ALL \
    timeout 10 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$GATE_HOST" "$GATE_PORT" 2>/dev/null; then
    from=reachedFrom
  else
    from=unreachedFrom
    say "$GATE_HOST:$GATE_PORT can't be reached from $1" >&2
  fi
  REACHED_FROM=",\"$from\":$(json "$1")"
}
