"""A Ray cluster of several nodes on this machine, as a process of its own; its nodes are killed on request.

    python -m tests.system.nodes [--gpus GPUS_OF_THE_HEAD] CPUS_OF_THE_HEAD CPUS_OF_A_NODE ...

GPUs are what Ray is told: none has to be there.

Prints the cluster's address, then kills the last node, with all that runs on it, for each line it reads.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import suppress

import psutil

# A node is given up after three seconds of silence, not after half a minute.
os.environ |= {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
    "RAY_health_check_initial_delay_ms": "1000",
}

from ray.cluster_utils import Cluster

STORE = 150 << 20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gpus", type=int, default=0)
    parser.add_argument("cpus", type=float, nargs="+")
    arguments = parser.parse_args()
    head = {"num_cpus": arguments.cpus[0], "num_gpus": arguments.gpus, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = [cluster.add_node(num_cpus=cpus, object_store_memory=STORE) for cpus in arguments.cpus[1:]]
    cluster.wait_for_nodes()
    say(cluster.address)
    for _ in sys.stdin:
        raylet = psutil.Process(nodes.pop().all_processes["raylet"][0].process.pid)
        # Its workers would end by themselves, some time after they noticed.
        for process in [raylet, *raylet.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        say("killed")
    cluster.shutdown()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
