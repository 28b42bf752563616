"""fault_proxy.py ADDRESS PORT UPSTREAM_PORT ORDERS: passes HTTP/1.1 on to a server on the same machine, or does to each
request what the file ORDERS says:

none         passes it on
unavailable  answers 503 SlowDown
slow         passes it on after half a second, and its answer in small pieces
half         passes on half of the answer's body (or reads half of the request's) and breaks off"""

import asyncio
import json
import pathlib
import sys

PIECE = 64 * 1024


async def read_head(reader):
    """Head and length of the body; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    length, chunked = 0, False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
        chunked |= line.startswith(b"transfer-encoding:") and b"chunked" in line
    return head, length, chunked


async def copy(reader, writer, length, pause=0.0):
    while length:
        piece = await reader.read(min(length, PIECE))
        if not piece:
            raise ConnectionError("ended early")
        length -= len(piece)
        if writer:
            writer.write(piece)
            await writer.drain()
        if pause:
            await asyncio.sleep(pause)


async def copy_chunked(reader, writer):
    while True:
        line = await reader.readline()
        size = int(line.split(b";")[0], 16)
        writer.write(line)
        await copy(reader, writer, size + 2)
        if size == 0:
            return


class Proxy:
    def __init__(self, address, upstream, orders):
        self.address, self.upstream, self.orders = address, upstream, pathlib.Path(orders)

    async def one(self, reader, writer, back):
        """One request. False when the connection is to end."""
        request = await read_head(reader)
        if request is None:
            return False
        head, length, _ = request
        fault = json.loads(self.orders.read_text())
        if fault == "unavailable":
            await copy(reader, None, length)
            body = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
            writer.write(b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
            return True
        if fault == "half" and length > 1:
            await copy(reader, None, length // 2)
            return False
        if fault == "slow":
            await asyncio.sleep(0.5)
        if head.lower().find(b"expect: 100-continue") >= 0:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(b"expect:"))
        from_server, to_server = back
        to_server.write(head)
        await copy(reader, to_server, length)
        answer = await read_head(from_server)
        if answer is None:
            return False
        answer_head, answer_length, chunked = answer
        if head.startswith(b"HEAD ") or answer_head.startswith((b"HTTP/1.1 204", b"HTTP/1.1 304")):
            answer_length = 0
        writer.write(answer_head)
        if fault == "half" and answer_length > 1:
            await copy(from_server, writer, answer_length // 2)
            return False
        if chunked:
            await copy_chunked(from_server, writer)
        else:
            await copy(from_server, writer, answer_length, 0.02 if fault == "slow" else 0.0)
        await writer.drain()
        return b"connection: close" not in answer_head.lower()

    async def serve(self, reader, writer):
        back = None
        try:
            back = await asyncio.open_connection(self.address, self.upstream, limit=1 << 20)
            while await self.one(reader, writer, back):
                pass
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in (writer, back and back[1]):
                if each:
                    each.close()


async def main(address, port, upstream, orders):
    proxy = Proxy(address, int(upstream), orders)
    server = await asyncio.start_server(proxy.serve, address, int(port), limit=1 << 20)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
