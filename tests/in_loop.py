"""Async tests, each in an event loop of its own together with what it is about."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

Opening = Callable[[str, Path], AbstractAsyncContextManager[Any]]


def within(opening: Opening) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., None]]:
    """Run an async test on what ``opening(database_url, tmp_path)`` gives; that is its first argument.

    (An async fixture would do, were it not that the plugins that offer those may set it up in another loop.)
    """

    def decorate(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        parameters = list(inspect.signature(test).parameters.values())[1:]

        @functools.wraps(test)
        def run(database_url: str, tmp_path: Path, **values: Any) -> None:
            if "tmp_path" in own:
                values["tmp_path"] = tmp_path

            async def whole() -> None:
                async with opening(database_url, tmp_path) as first:
                    await test(first, **values)

            asyncio.run(whole())

        own = {parameter.name for parameter in parameters}
        keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
        asked = [inspect.Parameter(name, keyword) for name in ("database_url", "tmp_path")]
        others = [parameter for parameter in parameters if parameter.name != "tmp_path"]
        run.__signature__ = inspect.Signature([*asked, *others])  # type: ignore[attr-defined]
        del run.__wrapped__  # type: ignore[attr-defined]
        return run

    return decorate
