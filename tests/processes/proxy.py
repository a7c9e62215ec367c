"""A bad line: stands between tablets and server and cuts, delays, doubles, spoils, or swallows the answer.

What happens to a request is chosen by chance from one seed, or named beforehand (`plan`). A spoilt byte is only ever put
into bodies that carry a checksum of their own (tus chunks): everything else is protected by TLS, which turns a spoilt byte
into a cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from dataclasses import dataclass

from tests.support.folders import free_port

FAULTS = ("none", "cut_request", "cut_reply", "drop_reply", "delay", "duplicate", "corrupt")
WEIGHTS = (60, 8, 5, 8, 5, 8, 6)
READ = 64 * 1024
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Request:
    """One request as it came: head with its empty line, and body."""

    head: bytes
    body: bytes

    @property
    def whole(self) -> bytes:
        return self.head + self.body

    @property
    def checked(self) -> bool:
        return b"\r\nupload-checksum:" in self.head.lower()


class Proxy:
    """`with Proxy(port, seed) as proxy:` listens on `proxy.port`. `faulty = False` makes it a good line."""

    def __init__(self, upstream: int, seed: int) -> None:
        self.port = free_port()
        self.faulty = True
        self.plan: list[str] = []  # what befalls the next requests, before chance has its say
        self.told: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()  # requests by method
        self._upstream, self._chance = upstream, random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._connected, "127.0.0.1", self.port, limit=1 << 20))
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    async def _ended(self) -> None:
        """Every connection is closed and every task has ended, also those that began meanwhile."""
        self._server.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others)
        await asyncio.sleep(0.05)  # transports close in the loop's next turns

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request per connection; whatever breaks ends the connection, as a bad line does."""
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError, TimeoutError):
            await self._one(await _request(reader), writer)
        writer.close()

    async def _one(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.asked[request.head.split(b" ")[0].decode()] += 1
        fault = self._fault()
        if fault == "corrupt" and not (request.checked and request.body):
            fault = "none"
        self.told[fault] += 1
        await getattr(self, f"_{fault}")(request, writer)

    def _fault(self) -> str:
        if self.plan:
            return self.plan.pop(0)
        return self._chance.choices(FAULTS, WEIGHTS)[0] if self.faulty else "none"

    async def _none(self, request: Request, writer: asyncio.StreamWriter) -> None:
        await _passed_on(await self._answer(request.whole), writer)

    async def _delay(self, request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._chance.uniform(0.01, 0.2))
        await self._none(request, writer)

    async def _cut_request(self, request: Request, _writer: asyncio.StreamWriter) -> None:
        """The server gets the first n bytes: 0, 1, some, all but one."""
        size = len(request.whole)
        places = (0, 1, len(request.head), self._chance.randrange(size), size - 1)
        await self._begin(request.whole[: self._chance.choice(places)])

    async def _cut_body(self, request: Request, _writer: asyncio.StreamWriter) -> None:
        """Only ever planned: the head and half of the body arrive."""
        await self._begin(request.head + request.body[: len(request.body) // 2])

    async def _begin(self, sent: bytes) -> None:
        _, upstream = await self._line()
        upstream.write(sent)
        await upstream.drain()
        upstream.close()

    async def _drop_reply(self, request: Request, _writer: asyncio.StreamWriter) -> None:
        await self._answer(request.whole)

    async def _cut_reply(self, request: Request, writer: asyncio.StreamWriter) -> None:
        answer = await self._answer(request.whole)
        await _passed_on(answer[: self._chance.randrange(max(1, len(answer)))], writer)

    async def _duplicate(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """The same request twice, at once or one after the other; the first answer is told."""
        if self._chance.random() < 0.5:
            first, _ = await asyncio.gather(self._answer(request.whole), self._answer(request.whole))
        else:
            first = await self._answer(request.whole)
            await self._answer(request.whole)
        await _passed_on(first, writer)

    async def _corrupt(self, request: Request, writer: asyncio.StreamWriter) -> None:
        body = bytearray(request.body)
        body[self._chance.randrange(len(body))] ^= 1 << self._chance.randrange(8)
        await _passed_on(await self._answer(request.head + bytes(body)), writer)

    async def _line(self) -> Streams:
        return await asyncio.open_connection("127.0.0.1", self._upstream, limit=1 << 20)

    async def _answer(self, sent: bytes) -> bytes:
        reader, writer = await self._line()
        try:
            writer.write(sent)
            await writer.drain()
            return await _to_the_end(reader)
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Request:
    head = _last(await reader.readuntil(b"\r\n\r\n"))
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                   if line.lower().startswith(b"content-length:")), 0)  # fmt: skip
    return Request(head, await reader.readexactly(length))


def _last(head: bytes) -> bytes:
    """One request per connection, whatever its sender would like."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    """The answer; after it the server closes."""
    parts = []
    while chunk := await reader.read(READ):
        parts.append(chunk)
    return b"".join(parts)


async def _passed_on(answer: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(answer)
    await writer.drain()
