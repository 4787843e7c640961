"""What becomes of requests that come slowly, or only by half: they end after a while, with no word in the log."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from starlette.requests import ClientDisconnect

from qa.web.security.guard import (
    READING_METHODS,
    UPLOAD_PATH,
    Application,
    ConnectionScope,
    Message,
    Receive,
    Send,
    send_refusal,
)

HEAD_SECONDS = 20.0  # between two looks for connections whose request has no whole head yet; the second one closes them
BODY_SECONDS = 30.0  # in which a body has to come, or the next piece of an upload
TOO_SLOW = "Refused: the request came too slowly."
_GONE: Message = {"type": "http.disconnect"}


class Bodies:
    """Waits until the body of a request is there before anything is done for it: ASGI middleware.

    Bodies are small; only uploads are passed on as they come.
    """

    def __init__(self, app: Application, *, seconds: float = BODY_SECONDS) -> None:
        """Wrap an application.

        Args:
            app: The ASGI application that answers what has come.
            seconds: As for `BODY_SECONDS`.
        """
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: ConnectionScope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI has it."""
        if scope["type"] != "http" or scope["method"] in READING_METHODS:
            await self._app(scope, receive, send)
        elif scope["path"] == UPLOAD_PATH:
            await self._pass_on(scope, receive, send)
        else:
            await self._collect(scope, receive, send)

    async def _collect(self, scope: ConnectionScope, receive: Receive, send: Send) -> None:
        content = b""
        try:
            async with asyncio.timeout(self._seconds):
                content = await _read_body(receive)
        except ClientDisconnect:
            return
        except TimeoutError:
            await _refuse(send)
            return
        await self._app(scope, replay(content, receive), send)

    async def _pass_on(self, scope: ConnectionScope, receive: Receive, send: Send) -> None:
        more, ended, late = True, False, False

        async def receive_in_time() -> Message:
            nonlocal more, ended, late
            if not more:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._seconds)
            except TimeoutError:
                message, late = _GONE, True
            more, ended = message.get("more_body", False), message["type"] == "http.disconnect"
            return message

        async def send_unless_ended(message: Message) -> None:
            if not ended:
                await send(message)

        try:
            await self._app(scope, receive_in_time, send_unless_ended)
        except ClientDisconnect:
            if late:
                await _refuse(send)


def replay(content: bytes, receive: Receive) -> Receive:
    """Make a function that gives a body that was read already, then what comes after it."""
    whole: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive_again() -> Message:
        return whole.pop() if whole else await receive()

    return receive_again


async def close_half_requests(connections: Callable[[], Iterable[Any]], *, seconds: float = HEAD_SECONDS) -> None:
    """Close connections on which no request begins, or whose next one does not come whole; goes on until it is cancelled.

    Args:
        connections: Gives the open connections, as uvicorn has them.
        seconds: As for `HEAD_SECONDS`.
    """
    seen: dict[Any, Any] = {}
    while True:
        await asyncio.sleep(seconds)
        # The cycle is the last request on a connection: where it is another one by now, there was life in between.
        idle = {each: each.cycle for each in connections() if hasattr(each, "cycle") and _is_idle(each.cycle)}
        for connection, cycle in idle.items():
            if connection in seen and seen[connection] is cycle:
                connection.transport.close()
        seen = idle


def _is_idle(cycle: Any) -> bool:
    return cycle is None or cycle.response_complete


async def _read_body(receive: Receive) -> bytes:
    content, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        content += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(content)


async def _refuse(send: Send) -> None:
    await send_refusal(send, 408, TOO_SLOW, ((b"connection", b"close"),))
