"""Connections that cost memory and do nothing are closed."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


def patient_protocol(patience_s: float) -> type[asyncio.Protocol]:
    """uvicorn's HTTP/1.1, which waits for ever for a first request and for an answer to be taken, with a limit on both.

    Parameters
    ----------
    patience_s : float
        A connection on which no request came for so long after it was opened is closed, and so is one whose client
        took nothing of a waiting answer for so long. A slow client that takes a little at a time is served.
    """

    class PatientProtocol(H11Protocol):
        _look_again: asyncio.TimerHandle | None = None
        _unsent_bytes = 0

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._look_again = self.loop.call_later(patience_s, self._look)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._look_again is not None:
                self._look_again.cancel()
            super().connection_lost(exc)

        def _look(self) -> None:
            unsent_bytes = self.transport.get_write_buffer_size()
            stuck = unsent_bytes > 0 and unsent_bytes == self._unsent_bytes
            silent = self.cycle is None
            if stuck or silent:
                self.transport.abort()
                return
            self._unsent_bytes = unsent_bytes
            self._look_again = self.loop.call_later(patience_s, self._look)

    return PatientProtocol
