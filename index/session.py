"""Session: a graph ready to run on the CPU, one sequence to a core."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError

Feed = Mapping[str, NDArray[np.int64]]


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="citedesk-model")


class Session:
    """An ONNX graph in memory.

    Each sequence runs on one thread, and as many sequences at once as there are cores: faster than
    splitting one sequence over the cores, and the result never depends on the number of cores.
    """

    def __init__(self, graph: bytes | Path) -> None:
        import onnxruntime as ort

        ort.set_default_logger_severity(3)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        source = str(graph) if isinstance(graph, Path) else graph
        try:
            self._session = ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions share no narrower base
            raise ModelError(
                f"the model {graph if isinstance(graph, Path) else 'graph'} cannot be loaded: {error}"
            ) from error

    def run(self, feeds: Iterable[Feed]) -> list[NDArray[np.float32]]:
        """The first output for each feed, in order; the first run while later ones are still made."""
        coming = iter(feeds)
        first = list(islice(coming, 2))
        if len(first) < 2:
            return [self._run(feed) for feed in first]
        return list(_pool().map(self._run, chain(first, coming)))

    def _run(self, feed: Feed) -> NDArray[np.float32]:
        output: Any = self._session.run(None, dict(feed))[0]
        return np.asarray(output, dtype=np.float32)
