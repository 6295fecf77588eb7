# shellcheck shell=bash source=slurm/lib.sh
# A toy database on one node. Argument: RUN_DIR. RUN_DIR/command holds its command, a word a line; host and port are added.
# It is reached from the nodes of its clients, so it listens on the address of its own: in a test cluster nobody else is there.

begin toydb "$1"
mapfile -t command <./command
for try in 1 2 3; do
  port=$(free_port)
  serve toydb "${command[@]}" 0.0.0.0 "$port"
  until_healthy toydb "$port" 30 /limits && break
  end_unless_port_taken toydb "$try"
done
publish_endpoint toydb http "$(own_address)" "$port"
stay
