# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# Whether a server listens, and where it is found: on the loopback of its node, unless it asks for a secret and was told otherwise.

T_CONTAINER=null T_LOADED=null
# By member: the address that it listens on, where that is not the loopback.
declare -A LISTENS_ON=()

listen_on() { LISTENS_ON[$1]=$2; } # NAME HOST

# A port that nobody listens on now, below those that connections are given (32768 and up). Somebody else may take it before we do:
# end_unless_port_taken.
free_port() { # [HOST]
  local port try
  for try in {1..50}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM + try) % 12000))
    if ! (exec 3<>"/dev/tcp/${1:-127.0.0.1}/$port") 2>/dev/null; then
      printf '%s' "$port"
      return
    fi
  done
  say "no free port found" >&2
  return 1
}

# 0 when it is the member that listens; 1 when it, or one that is critical, ended before, or the deadline came.
until_listening() { until_up connects "$@"; } # NAME PORT SECONDS

# The same, and a GET of PATH says 200; with what NAME.header holds, where there is one.
until_healthy() { until_up answers "$@"; } # NAME PORT SECONDS PATH

until_up() { # TEST NAME PORT SECONDS…
  local began=$SECONDS
  until listens_for_us "$2" "$3" && "$1" "${@:2}"; do
    is_alive "$2" && members_alive || return 1
    note_shared_memory
    note_strays
    if ((SECONDS - began >= $4)); then
      [[ ${CRITICAL[$2]} == false ]] || CAUSE=not-ready
      say "$2 does not answer on ${LISTENS_ON[$2]:-127.0.0.1}:$3 after $4 s" >&2
      return 1
    fi
    if ((SECONDS - began < 10)); then sleep 0.1; else sleep 0.5; fi
  done
  note_shared_memory
  is_alive "$2"
}

# Whether the process that listens is one of ours: a port that was free when we looked may have become another's.
listens_for_us() { # NAME PORT
  local inode pid root=${PIDS[$1]}
  # Of its own network, which may be one of its own.
  inode=$(awk -v port="$(printf ':%04X' "$2")" '$4 == "0A" && substr($2, 9) == port { print $10; exit }' \
    "/proc/$root/net/tcp" 2>/dev/null) || true
  [[ -n $inode ]] || return 1
  for pid in $(session_of "$root"); do
    [[ -z $(find "/proc/$pid/fd" -lname "socket:\[$inode\]" 2>/dev/null) ]] || return 0
  done
  return 1
}

# shellcheck disable=SC2016   # for the shell inside
connects() { beside "$1" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "${LISTENS_ON[$1]:-127.0.0.1}" "$2" 2>/dev/null; } # NAME PORT

answers() { # NAME PORT SECONDS PATH
  local code host=${LISTENS_ON[$1]:-127.0.0.1}
  # The header goes by the input: a command line is everybody's to read.
  # shellcheck disable=SC2016
  code=$({
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\n' "$4" "$host"
    [[ ! -s $1.header ]] || printf '%s\r\n' "$(<"$1.header")"
    printf '\r\n'
  } | beside "$1" bash -c 'exec 3<>"/dev/tcp/$0/$1" && cat >&3 && read -r -t 5 _ code _ <&3 && printf %s "$code"' \
    "$host" "$2" 2>/dev/null) || true
  [[ $code == 200 ]]
}

# Of a member that did not come up: returns when its port was taken by another in between, and there is one more try of three; else the
# job ends here.
end_unless_port_taken() { # NAME TRY
  # It lives and is late, or it is another that ended.
  if [[ -n $BLAMED ]] || is_alive "$1"; then exit 1; fi
  if (($2 >= 3)) || ! port_was_taken "$1"; then stay; fi
  say "the port of $1 was taken, trying another"
}

# As its log says it.
port_was_taken() { # NAME
  local logs=("$1.log")
  if [[ $1 == "$KIND" ]]; then logs=(stdout.log stderr.log); fi
  tail -q -n 20 "${logs[@]}" | grep -qiE 'address (already )?(is )?in use|EADDRINUSE'
}

# The process that listens: with an image it is a descendant of ours, and it is the one to be measured; the group leader is a good start.
publish_endpoint() { # NAME SCHEME HOST PORT
  local fields host port reached
  note_strays
  PHASE=ready
  let_cache_go
  T_LOADED=\"$(now)\"
  fields=(
    member "$(json "$1")" scheme "\"$2\"" host "\"$3\"" port "$4" node "$(json "$(node_name)")" ip "$(json "$(own_address)")"
    pid "${PIDS[$1]}" startedAt "$T_LOADED" closed "${CLOSED[$1]:-false}"
  )
  read -r host port reached <<<"${GATES[$1]:-}"
  if [[ -n $host ]]; then fields+=(exposed "{\"host\":\"$host\",\"port\":$port$reached}"); fi
  write_own "endpoint.$1.json" "${fields[@]}"
  if [[ $1 == "$KIND" ]]; then say "listens on $3:$4"; else say "$1 listens on $3:$4"; fi
}
