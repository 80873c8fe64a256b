"""Every error that Recto raises on purpose.

RectoError
├─ InputError                 the caller can mend it
│  ├─ UnreadableImageError    truncated, damaged or mislabelled bytes
│  ├─ UnsupportedFormatError  bytes of a kind that no reader knows
│  ├─ RecipeError             a recipe that cannot be planned
│  │  ├─ UnknownFilterError
│  │  └─ ParameterError
│  ├─ RequestError            a malformed request to the service
│  │  ├─ NotFoundError        there is no such task or page for this client
│  │  ├─ NotCompletedError    a result is asked for that is not there
│  │  ├─ BatchClosedError     a file comes after the last one
│  │  └─ KeyTakenError        an idempotency key was used for another request
│  ├─ SettingError            a setting that cannot be used
│  └─ LimitError              a named limit was exceeded
│     └─ QueueFullError       the queue or the disk takes no more for now
│        └─ ClientQueueFullError  and it is this client's own doing
├─ AccessError                who are you?
│  ├─ InvalidTokenError
│  ├─ InvalidClientError
│  ├─ InvalidMessageError     a message to a webhook that is not genuine
│  ├─ ForbiddenError          known, and still not allowed
│  └─ TooManyAttemptsError    wrong secrets, too often
├─ RemoteError                a Recto service that we asked refused
└─ EngineError                our side failed
   ├─ DatabaseUnavailableError
   ├─ BlobMissingError
   ├─ StoreUnavailableError   the blob store did not do what was asked; the same may work later
   │  └─ StoreFullError       no space left
   ├─ AttemptFailedError      a child process died, ran too long or grew too large
   └─ ChildStartError         no child process comes up here; the task is not to blame
"""

from __future__ import annotations

from typing import ClassVar


class RectoError(Exception):
    """The root: carries an honest HTTP status and says whether operators should hear of it.

    Attributes
    ----------
    status : int
        The HTTP status that a server answers with.
    code : str
        A short stable name for programs.
    report : bool
        True when the fault is ours and belongs in the error log.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    report: ClassVar[bool] = True

    @property
    def message(self) -> str:
        """What may be shown to the caller."""
        return str(self.args[0]) if self.args else self.code


class InputError(RectoError):
    status = 400
    code = "bad-input"
    report = False


class UnreadableImageError(InputError):
    code = "unreadable-image"


class UnsupportedFormatError(InputError):
    status = 415
    code = "unsupported-format"


class RecipeError(InputError):
    code = "bad-recipe"


class UnknownFilterError(RecipeError):
    code = "unknown-filter"


class ParameterError(RecipeError):
    code = "bad-parameter"


class RequestError(InputError):
    code = "bad-request"


class NotFoundError(RequestError):
    status = 404
    code = "not-found"


class NotCompletedError(RequestError):
    status = 409
    code = "not-completed"


class BatchClosedError(RequestError):
    status = 409
    code = "batch-closed"


class KeyTakenError(RequestError):
    status = 409
    code = "idempotency-key-reused"


class SettingError(InputError):
    code = "bad-setting"


class LimitError(InputError):
    """A limit was exceeded; names the setting, the limit and what was found."""

    status = 413
    code = "limit-exceeded"

    def __init__(self, limit: str, allowed: float, found: float | None, advice: str = "") -> None:
        seen = "" if found is None else f", found {found:,.10g}"
        super().__init__(f"{limit} is limited to {allowed:,.10g}{seen}." + (f" {advice}" if advice else ""))
        self.limit = limit
        self.allowed = allowed
        self.found = found
        self.advice = advice

    def __reduce__(self) -> tuple[type[LimitError], tuple[str, float, float | None, str]]:
        return type(self), (self.limit, self.allowed, self.found, self.advice)


class QueueFullError(LimitError):
    status = 503
    code = "queue-full"

    retry_after_s: ClassVar[int] = 30


class ClientQueueFullError(QueueFullError):
    status = 429
    code = "client-queue-full"


class AccessError(RectoError):
    status = 401
    code = "access"
    report = False


class InvalidTokenError(AccessError):
    code = "invalid-token"


class InvalidClientError(AccessError):
    status = 400
    code = "invalid-client"


class InvalidMessageError(AccessError):
    code = "invalid-message"


class ForbiddenError(AccessError):
    status = 403
    code = "forbidden"


class TooManyAttemptsError(AccessError):
    status = 429
    code = "too-many-attempts"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message, retry_after_s)
        self.retry_after_s = retry_after_s


class RemoteError(RectoError):
    """A Recto service that we asked refused, with its own words.

    Attributes
    ----------
    answered_status : int
        The HTTP status.
    answered_code : str
        The problem's short name, such as ``unknown-filter``; empty when it has none.
    """

    code = "remote"
    report = False

    def __init__(self, message: str, answered_status: int = 0, answered_code: str = "") -> None:
        super().__init__(message, answered_status, answered_code)
        self.answered_status = answered_status
        self.answered_code = answered_code

    def __str__(self) -> str:
        return self.message


class EngineError(RectoError):
    code = "engine"


class DatabaseUnavailableError(EngineError):
    status = 503
    code = "database-unavailable"


class BlobMissingError(EngineError):
    code = "blob-missing"


class StoreUnavailableError(EngineError):
    status = 503
    code = "store-unavailable"


class StoreFullError(StoreUnavailableError):
    code = "store-full"


class AttemptFailedError(EngineError):
    """An attempt died.

    Attributes
    ----------
    reason : str
        For counting: ``timeout``, ``memory``, ``signal``, ``exit`` or ``crash``.
    """

    code = "attempt-failed"

    def __init__(self, message: str, reason: str = "crash") -> None:
        super().__init__(message)
        self.reason = reason


class ChildStartError(EngineError):
    code = "child-start"
