"""The queue without HTTP: submit rate, latency of an idle queue, waiting clients."""
