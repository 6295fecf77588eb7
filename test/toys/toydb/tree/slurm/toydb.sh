# shellcheck shell=bash source=slurm/lib.sh
# A toy database on one node. Argument: RUN_DIR. RUN_DIR/command holds its command, a word a line; host and port are added.
# RUN_DIR/gate holds the command of the token gate, for clients on other nodes.

begin toydb "$1"
mapfile -t command <./command
for try in 1 2 3; do
  port=$(free_port)
  serve toydb "${command[@]}" 127.0.0.1 "$port"
  until_healthy toydb "$port" 30 /limits && break
  end_unless_port_taken toydb "$try"
done
open_gate toydb "$OWN_ADDRESS" "$port"
publish_endpoint toydb http 127.0.0.1 "$port"
stay
