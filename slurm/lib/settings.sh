# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# The job's settings, from RUN_DIR/job.env (0600): a line each, NAME=base64(value), so that any value survives and nothing is
# ever evaluated. After them the user's prologue, RUN_DIR/prologue.sh.

# While it runs.
PROLOGUE_PID=''

# The user's prologue runs in a shell of its own, with `module` where the site has it; what it exports is taken over, what it unset goes.
run_prologue() {
  [[ -s prologue.sh ]] || return 0
  local began=$SECONDS code=0 after name value line own
  local -A wanted=()
  after=.prologue.$(node_name).$$
  # shellcheck disable=SC2016   # for the other shell
  setsid bash -c '
    for init in "${MODULESHOME:-/nowhere}/init/bash" /etc/profile.d/{*lmod*,modules}.sh /usr/share/lmod/lmod/init/bash; do
      if ! type module >/dev/null 2>&1 && [[ -r $init ]]; then source "$init" >/dev/null 2>&1; fi
    done
    source "$1" && env -0 >&7' prologue ./prologue.sh </dev/null 7>"$after" &
  PROLOGUE_PID=$!
  wait "$PROLOGUE_PID" || code=$?
  PROLOGUE_PID=''
  if ((code != 0)) || [[ ! -s $after ]]; then
    rm -f "$after"
    give_up prologue "the prologue failed, exit code $code"
  fi
  own=$(own_names)
  while IFS= read -r -d '' line; do
    name=${line%%=*}
    value=${line#*=}
    [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
    # shellcheck disable=SC2053   # a pattern on purpose
    [[ $name == @($own) ]] && continue
    wanted[$name]=yes
    export "$name=$value"
  done <"$after"
  rm -f "$after"
  while read -r name; do
    # shellcheck disable=SC2053
    [[ $name == @($own) || -n ${wanted[$name]:-} ]] || unset "$name"
  done < <(compgen -e)
  say "prologue took $((SECONDS - began)) s"
}

end_prologue() {
  if [[ -n $PROLOGUE_PID ]]; then kill -KILL -- "-$PROLOGUE_PID" 2>/dev/null || true; fi
}

# What a prologue may not change, as a pattern: the script's own variables, and what belongs to the shell that ran it.
own_names() {
  printf 'AIBENCH_*|SLURM_*|BASH*|IFS|PWD|OLDPWD|SHLVL|_'
  # shellcheck disable=SC2046 # a word each
  printf '|%s' $(comm -23 <(compgen -v | sort) <(printf '%s\n' "${NAMES_BEFORE[@]}" $(compgen -e) | sort))
}

load_settings() { # FILE
  local line name value
  while read -r line; do
    name=${line%%=*}
    [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
    # The x keeps line ends at the end of a value, which $( ) would drop.
    value=$(printf '%s' "${line#*=}" | base64 -d && printf x)
    export "$name=${value%x}"
  done <"$1"
}
