#!/usr/bin/env python3
"""Stands in for `vllm` where a real one can't run: vLLM refuses Ray on CPUs. It joins the real Ray that it was told of, and serves only
if everything is as vLLM needs it; what it saw is written to seen.json in its folder.

serve MODEL --served-model-name NAME --host H --port P --tensor-parallel-size T --pipeline-parallel-size P
      --distributed-executor-backend ray [--disable-uvicorn-access-log]"""
import argparse
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

parser = argparse.ArgumentParser()
parser.add_argument("verb", choices=["serve"])
parser.add_argument("model")
for name in ("served-model-name", "host", "distributed-executor-backend"):
    parser.add_argument(f"--{name}", required=True)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--tensor-parallel-size", type=int, default=1)
parser.add_argument("--pipeline-parallel-size", type=int, default=1)
parser.add_argument("--disable-uvicorn-access-log", action="store_true")
options = parser.parse_args(sys.argv[1:])
assert options.distributed_executor_backend == "ray"
assert options.host == "127.0.0.1", "it must not be open to other machines"
key = os.environ["VLLM_API_KEY"]
assert not any(key in word for word in sys.argv), "a secret is in the command line"

ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False)
alive = [node for node in ray.nodes() if node["Alive"]]
world = options.tensor_parallel_size * options.pipeline_parallel_size
assert len(alive) == world, f"{len(alive)} nodes, {world} ranks"


@ray.remote(num_cpus=1)
def look():
    """On each node, in a worker of Ray: the environment was there before Ray was."""
    return {"host": os.uname().nodename, "address": ray.util.get_node_ip_address(), "vllmHostIp": os.environ.get("VLLM_HOST_IP"),
            "offline": os.environ.get("HF_HUB_OFFLINE"), "telemetry": os.environ.get("VLLM_NO_USAGE_STATS")}


ranks = []
for node in sorted(alive, key=lambda node: node["NodeManagerAddress"] != os.environ["VLLM_HOST_IP"]):
    there = NodeAffinitySchedulingStrategy(node_id=node["NodeID"], soft=False)
    seen = ray.get(look.options(scheduling_strategy=there).remote(), timeout=60)
    assert seen["address"] == node["NodeManagerAddress"] == seen["vllmHostIp"], f"addresses differ: {seen}, {node}"
    ports = [node["NodeManagerPort"], node["ObjectManagerPort"], node["MetricsExportPort"]]
    assert len(set(ports)) == 3 and min(ports) >= 20000, f"ports are not pinned: {ports}"
    ranks.append({"rank": len(ranks), **seen, "ports": ports})
assert len({rank["address"] for rank in ranks}) == world, f"two ranks on one address: {ranks}"
with open("seen.json", "w") as file:
    json.dump({"ranks": ranks, "address": os.environ["RAY_ADDRESS"]}, file)


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def is_known(self):
        if self.headers.get("Authorization") == f"Bearer {key}":
            return True
        self.answer(401, {"error": "Unauthorized"})
        return False

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {})
        elif self.is_known():
            self.answer(200, {"object": "list", "data": [{"id": options.served_model_name}]})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.is_known():
            self.answer(200, {"choices": [{"text": "!", "finish_reason": "length"}], "usage": {"completion_tokens": 1}})

    def log_message(self, *_):
        pass


print(f"Starting vLLM server on http://{options.host}:{options.port}", flush=True)
ThreadingHTTPServer((options.host, options.port), Handler).serve_forever()
