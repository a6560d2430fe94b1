"""The certificate that the gateway shows within a CONNECT; its file is replaced long before it expires."""

from __future__ import annotations

import ssl
from pathlib import Path

from modelyard.errors import ServiceUnavailable


class Certificate:
    """Keep what TLS needs, and follow the file.

    Args:
        file: The certificate and its key.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Return the context with the newest certificate.

        Raises:
            ServiceUnavailable: There is none.
        """
        try:
            stamp = _stamp_of(self._file)
            if self._context is None or stamp != self._stamp:
                self._context, self._stamp = _context_of(self._file), stamp
        except (OSError, ssl.SSLError):
            if self._context is None:
                raise ServiceUnavailable("There is no certificate yet: start the service with `modelyard up`") from None
        return self._context


def _stamp_of(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_ino, status.st_mtime_ns


def _context_of(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(file)
    return context
