"""Lets one mariadbd stand for many writers: behind each address of its own stands the same server, but whether it is
read-only is each one's own affair, and nobody's sessions are killed. All else passes as it is."""
import asyncio
import re
import resource
import threading

COM_QUERY = 3
VARIABLE = b"@@global.read_only"
SET = re.compile(rb"SET GLOBAL read_only\s*=\s*([01])$")


class Writer:
    """One address; closed at first, as a server boots."""

    def __init__(self):
        self.read_only = b"1"

    def rewrite(self, sql):
        wanted = SET.fullmatch(sql)
        if wanted:
            self.read_only = wanted[1]
            return b"DO 1"
        if sql.startswith(b"KILL "):
            return b"DO 1"
        return sql.replace(VARIABLE, self.read_only)

    async def forward(self, reader, writer):
        """What a client says, packet by packet; a command begins with the number 0."""
        while True:
            head = await reader.readexactly(4)
            body = await reader.readexactly(int.from_bytes(head[:3], "little"))
            if head[3] == 0 and body[:1] == bytes([COM_QUERY]):
                body = body[:1] + self.rewrite(body[1:])
                head = len(body).to_bytes(3, "little") + b"\0"
            writer.write(head + body)
            await writer.drain()

    @staticmethod
    async def back(reader, writer):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()

    async def serve(self, port, reader, writer):
        ends = [writer]
        try:
            up, down = await asyncio.open_connection("127.0.0.1", port)
            ends.append(down)
            both = [asyncio.ensure_future(self.forward(reader, down)), asyncio.ensure_future(self.back(up, writer))]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        except OSError:
            pass
        finally:
            for end in ends:
                end.close()


class ManyWriters:
    """A thread that serves `hosts`, all on one port, in front of the server at `port`."""

    def __init__(self, hosts, own_port, port):
        self.hosts, self.own_port, self.port = hosts, own_port, port
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # two descriptors a connection
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.ready.wait(30)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._listen())
        self.ready.set()
        self.loop.run_forever()

    async def _listen(self):
        for host in self.hosts:
            one = Writer()
            await asyncio.start_server(lambda r, w, one=one: one.serve(self.port, r, w), host, self.own_port)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
