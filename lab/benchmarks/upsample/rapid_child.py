"""Read pictures with RapidOCR for a parent: in come lengths and PNG files, out go lines of JSON.

Run by any interpreter that has ``rapidocr`` and ``onnxruntime``; imports nothing of this project.
"""

import json
import logging
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What the library prints must not come between the answers.
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    engine = RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    logging.disable(logging.WARNING)
    while head := sys.stdin.buffer.read(4):
        found = engine(sys.stdin.buffer.read(int.from_bytes(head, "big")))
        print(json.dumps(list(found.txts or ())), file=answers, flush=True)


if __name__ == "__main__":
    main()
