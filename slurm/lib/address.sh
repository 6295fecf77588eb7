# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# Where this node is reached by the others.

OWN_ADDRESS=''

# The address of this node that others reach it by: on the interface that was asked for; else the one that the user names
# (VLLM_HOST_IP), where it is one of ours; else that from which packets leave for PEER, by default the host of the submission; else the
# first that is on no bridge. The first of `hostname -I` may be docker0, which is the same on every node.
own_address() {
  [[ -n $OWN_ADDRESS ]] || OWN_ADDRESS=$(find_address "")
  printf '%s' "$OWN_ADDRESS"
}

find_address() { # PEER
  local all asked=${AIBENCH_INTERFACE:-} found='' peer
  all=$(addresses)
  if [[ -n $asked ]]; then
    found=$(address_on "$asked" <<<"$all") || true
    if [[ -z $found ]]; then
      found=$(awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }' <<<"$all")
      say "no interface \"$asked\" with an IPv4 address on $(node_name): $found" >&2
      return 1
    fi
    printf '%s' "$found"
    return
  fi
  if [[ -n ${VLLM_HOST_IP:-} && $'\n'$all == *" $VLLM_HOST_IP/"* ]]; then
    printf '%s' "$VLLM_HOST_IP"
    return
  fi
  for peer in "$1" "${SLURM_SUBMIT_HOST:-}" 192.0.2.1; do
    [[ -n $peer ]] || continue
    found=$(address_towards "$peer") || true
    [[ -z $found || $found == 127.* ]] || { printf '%s' "$found"; return; }
  done
  found=$(awk '$3 != "bridge" { split($2, p, "/"); print p[1]; exit }' <<<"$all")
  if [[ -z $found ]]; then found=$(hostname -I 2>/dev/null) || true; fi
  printf '%s' "${found%% *}"
}

# NAME ADDRESS/BITS KIND of each interface but the loopback.
addresses() {
  local name address kind
  while read -r _ name _ address _; do
    kind=plain
    if [[ -d /sys/class/net/$name/bridge || $name =~ ^(docker|br-|virbr|cni|flannel|veth|podman|lxc|lxdbr|kube) ]]; then kind=bridge; fi
    printf '%s %s %s\n' "$name" "$address" "$kind"
  done < <(PATH=$PATH:/usr/sbin:/sbin ip -o -4 address show scope global 2>/dev/null)
}

# The first of `addresses` that is on an interface of that name or in that network.
address_on() { # NAME|CIDR
  awk -v asked="$1" '
    function number(text,  part) { split(text, part, "."); return ((part[1] * 256 + part[2]) * 256 + part[3]) * 256 + part[4] }
    BEGIN { cidr = asked ~ /^[0-9.]+(\/[0-9]+)?$/; split(asked, n, "/"); bits = asked ~ /\// ? n[2] : 32; size = 2 ^ (32 - bits) }
    { split($2, p, "/") }
    cidr ? int(number(p[1]) / size) == int(number(n[1]) / size) : $1 == asked { print p[1]; found = 1; exit }
    END { exit !found }'
}

# The address that packets for PEER would bear.
address_towards() { # PEER
  local address=$1
  if [[ ! $address =~ ^[0-9.]+$ ]]; then address=$(timeout 5 getent ahostsv4 "$1" | awk '{ print $1; exit }') || return 1; fi
  [[ -n $address ]] || return 1
  PATH=$PATH:/usr/sbin:/sbin ip -o -4 route get "$address" 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p'
}

# The interface that has our address; nothing where that is not to be found out.
own_interface() { # ADDRESS
  PATH=$PATH:/usr/sbin:/sbin ip -o -4 address show 2>/dev/null |
    awk -v address="$1" '{ split($4, part, "/"); if (part[1] == address) { print $2; exit } }'
}
