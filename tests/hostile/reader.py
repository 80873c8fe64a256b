"""The worker's real child function, busy with one bad file after the other: length and file in, a line of JSON out."""

from __future__ import annotations

import json
import os
import resource
import signal
import struct
import sys

import cv2

from recto.child import process
from recto.codec import Limits


def main() -> None:
    cv2.setNumThreads(1)
    asked = json.loads(sys.argv[1])
    limits = Limits.model_validate(asked["limits"])
    outwards = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    with open("/proc/self/statm") as pages:
        used = int(pages.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + asked["memory_mb"] * 10**6,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while head := sys.stdin.buffer.read(8):
        data = sys.stdin.buffer.read(struct.unpack("<Q", head)[0])
        # Processor time, so that a busy machine makes nobody late; its default is to end the process.
        signal.setitimer(signal.ITIMER_PROF, asked["cpu_s"])
        said = process(data, "[]", limits)
        signal.setitimer(signal.ITIMER_PROF, 0)
        outwards.write(json.dumps({"pages": len(said.pages), "refused": said.refused, "crashed": said.crashed}) + "\n")
        outwards.flush()


if __name__ == "__main__":
    main()
