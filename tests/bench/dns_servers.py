"""The name servers that tests/bench measures side by side: dnsd, gdnsd, NSD, Knot DNS and a bare UDP socket.

All serve one zone on loopback with one worker (NSD: one server process; Knot: one UDP worker), without limits of rates,
and with 1 MiB of receive buffer. A server's CPU is what the kernel says that all its threads have run, in nanoseconds.
"""
import glob
import os
import random
import shutil
import socket
import subprocess
import sys
import time

ZONE = 'bench.test'
BUFFER = 1 << 20


def need(program, package):
    found = shutil.which(program, path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin')
    if not found:
        sys.exit('%s is not installed; on Debian: apt-get install %s' % (program, package))
    return found


def built(build, program):
    path = os.path.join(build, program)
    if not os.access(path, os.X_OK):
        sys.exit('%s is not built: cmake -B %s && cmake --build %s' % (path, build, build))
    return path


def free_port():
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(('127.0.0.1', 0))
            try:
                udp.bind(tcp.getsockname())
                return tcp.getsockname()[1]
            except OSError:
                pass


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        f.write(text)
    return path


def make_zone(path, names):
    """`names` names, each with an A and an AAAA record."""
    zone = ['$TTL 300', '@ IN SOA ns1 host 1 7200 900 1209600 60', '@ IN NS ns1', 'ns1 IN A 192.0.2.1']
    for i in range(names):
        zone += ['www%d IN A 192.0.2.%d' % (i, i % 250 + 1), 'www%d IN AAAA 2001:db8::%x:%x' % (i, i >> 16, i & 0xffff)]
    return write(path, '\n'.join(zone) + '\n')


def make_queries(path, names, count, kind):
    """hit: 70% A, 30% AAAA of random names; nxdomain: names that are not there; mixed: 70% A, 25% AAAA, 5% not there."""
    rnd = random.Random(1)
    lines = []
    for _ in range(count):
        draw, host = rnd.random(), rnd.randrange(names)
        absent = kind == 'nxdomain' or (kind == 'mixed' and draw >= .95)
        lines.append('%s%d.%s %s' % ('nosuch' if absent else 'www', host, ZONE, 'A' if draw < .7 or absent else 'AAAA'))
    return write(path, '\n'.join(lines) + '\n')


class Server:
    """A running server. `wrap`: command before the server's own, e.g. taskset."""

    def __init__(self, name, argv, port, wrap, log):
        self.name, self.port = name, port
        self.process = subprocess.Popen(wrap + argv, stdout=log, stderr=log)

    def wait(self, timeout=120):
        query = b'\x12\x34\0\0\0\1\0\0\0\0\0\0\4www1\5bench\4test\0\0\1\0\1'
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(.2)
            s.connect(('127.0.0.1', self.port))
            end = time.monotonic() + timeout
            while time.monotonic() < end and self.process.poll() is None:
                try:
                    s.send(query)
                    answer = s.recv(512)
                    # The echo gives the question back; a server that still loads says SERVFAIL or REFUSED.
                    if answer[:2] == query[:2] and answer[3] & 15 == 0:
                        return self
                except OSError:
                    time.sleep(.05)
        sys.exit('%s does not answer on port %d' % (self.name, self.port))

    def pids(self):
        out, left = [], [self.process.pid]
        while left:
            pid = left.pop()
            out.append(pid)
            for path in glob.glob('/proc/%d/task/*/children' % pid):
                left += [int(child) for child in open(path).read().split()]
        return out

    def cpu(self):
        """Seconds that all its threads have run."""
        total = 0
        for pid in self.pids():
            for path in glob.glob('/proc/%d/task/*/schedstat' % pid):
                total += int(open(path).read().split()[0])
        return total / 1e9

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def dnsd_config(folder, port, zone_file, extra=''):
    os.makedirs(os.path.join(folder, 'state'), exist_ok=True)
    return write(os.path.join(folder, 'dnsd.yaml'),
                 'server: {id: bench, listen: ["127.0.0.1@%d"], workers: 1, state_dir: "%s/state", '
                 'control: "%s/dnsd.sock"}\nzones:\n  - {origin: %s, file: "%s"}\n%s' %
                 (port, folder, folder, ZONE, zone_file, extra))


def start_dnsd(name, program, folder, zone_file, wrap, log, extra=''):
    port = free_port()
    return Server(name, [program, 'serve', '--config', dnsd_config(folder, port, zone_file, extra)], port, wrap, log)


def start_floor(build, wrap, log):
    port = free_port()
    return Server('socket floor', [built(build, 'bench/echo_floor'), '127.0.0.1@%d' % port], port, wrap, log)


def start_gdnsd(folder, zone_file, wrap, log):
    port = free_port()
    run, state = os.path.join(folder, 'run'), os.path.join(folder, 'state')
    for path in (run, state, os.path.join(folder, 'zones')):
        os.makedirs(path)
    shutil.copy(zone_file, os.path.join(folder, 'zones', ZONE))
    write(os.path.join(folder, 'config'),
          'options => { listen => 127.0.0.1, dns_port => %d, udp_threads => 1, tcp_threads => 1, udp_rcvbuf => %d, '
          'run_dir => %s, state_dir => %s }\n' % (port, BUFFER, run, state))
    return Server('gdnsd', [need('gdnsd', 'gdnsd'), '-c', folder, 'start'], port, wrap, log)


def start_nsd(folder, zone_file, wrap, log):
    port = free_port()
    config = write(os.path.join(folder, 'nsd.conf'), '\n'.join(
        ['server:', ' ip-address: 127.0.0.1@%d' % port, ' server-count: 1', ' username: ""', ' chroot: ""',
         ' database: ""', ' zonesdir: "%s"' % folder, ' pidfile: ""', ' xfrdfile: "%s/xfrd.state"' % folder,
         ' zonelistfile: "%s/zone.list"' % folder, ' xfrdir: "%s"' % folder, ' logfile: "%s/log"' % folder,
         ' rrl-ratelimit: 0', ' receive-buffer-size: %d' % BUFFER, ' minimal-responses: yes', 'remote-control:',
         ' control-enable: no', 'zone:', ' name: "%s"' % ZONE, ' zonefile: "%s"' % zone_file]) + '\n')
    return Server('NSD', [need('nsd', 'nsd'), '-d', '-c', config], port, wrap, log)


def start_knot(folder, zone_file, wrap, log):
    port = free_port()
    config = write(os.path.join(folder, 'knot.conf'), '\n'.join(
        ['server:', ' rundir: %s' % folder, ' listen: 127.0.0.1@%d' % port, ' udp-workers: 1', ' tcp-workers: 1',
         ' background-workers: 1', 'log:', ' - target: %s/log' % folder, '   any: notice', 'database:',
         ' storage: %s' % folder, 'template:', ' - id: default', '   storage: %s' % folder, '   zonefile-sync: -1',
         '   zonefile-load: whole', '   journal-content: none', 'zone:', ' - domain: %s' % ZONE,
         '   file: "%s"' % zone_file]) + '\n')
    return Server('Knot', [need('knotd', 'knot'), '-c', config, '-s', os.path.join(folder, 'ctl')], port, wrap, log)
