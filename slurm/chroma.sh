# shellcheck shell=bash source=slurm/lib.sh
# A Chroma server on one node. Argument: RUN_DIR.
# RUN_DIR/command holds the server's command, a word a line; RUN_DIR/server.yaml.part its configuration without the port.
# Settings (RUN_DIR/job.env): AIBENCH_TOKEN; AIBENCH_IMAGE, AIBENCH_BIND and AIBENCH_APPTAINER to run in an image;
# AIBENCH_CLOSED for a loopback of its own and a gate before it (RUN_DIR/gate); AIBENCH_EXPOSE for a gate on the node's address;
# AIBENCH_READY_DEADLINE_S, AIBENCH_STOP_DEADLINE_S.

begin chroma "$1"
mapfile -t command <./command

# Whom it tells its figures: the exporter beside it, on a port of its own loopback.
telemetry_of() { # SERVICE
  [[ -s exporter ]] || return 0
  otlp_port=$(free_port)
  printf 'open_telemetry:\n  service_name: %s\n  endpoint: "http://127.0.0.1:%s"\n  filters: []\n' "$1" "$otlp_port"
}
if [[ -n ${AIBENCH_IMAGE:-} ]]; then
  bind_options "$RUN_DIR"
  command=("${AIBENCH_APPTAINER:-apptainer}" exec --cleanenv "${BINDS[@]}" --pwd "$RUN_DIR" "$AIBENCH_IMAGE" chroma)
fi

# It tells its figures by OTLP, each second, and no spans: those cost it something at each request.
export OTEL_METRIC_EXPORT_INTERVAL=1000 OTEL_TRACES_SAMPLER=always_off
export APPTAINERENV_OTEL_METRIC_EXPORT_INTERVAL=1000 APPTAINERENV_OTEL_TRACES_SAMPLER=always_off

# Chroma says that its port was taken and exits with 0.
for try in 1 2 3; do
  port=$(free_port)
  { printf 'port: %s\n' "$port" && cat server.yaml.part && telemetry_of chroma; } >server.yaml
  if [[ -n ${AIBENCH_CLOSED:-} ]]; then
    serve_closed chroma "${command[@]}" -- run "$RUN_DIR/server.yaml"
  else serve chroma "${command[@]}" run "$RUN_DIR/server.yaml"; fi
  until_listening chroma "$port" "${AIBENCH_READY_DEADLINE_S:-120}" && break
  end_unless_port_taken chroma "$try"
done

if [[ -n ${otlp_port:-} ]]; then open_relay chroma "$otlp_port"; fi
if [[ -n ${AIBENCH_EXPOSE:-} ]]; then
  open_gate chroma "$OWN_ADDRESS" "$port"
elif [[ -n ${CLOSED[chroma]:-} ]]; then open_gate chroma 127.0.0.1 "$port"; fi
publish_endpoint chroma http 127.0.0.1 "$port"
stay
