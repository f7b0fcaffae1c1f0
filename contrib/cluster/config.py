"""The files that a site and a name server read: keys, passwords, YAML and the zone."""
import os
import secrets

NAME = "mysql.example.com"
POOL = "main"


def write(path, text, private=False):
    """Writes `text` to `path`; `private` files are for their owner only."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        os.chmod(path, 0o600 if private else 0o644)
        file.write(text)


def key():
    """A fresh secret: 32 bytes as hexadecimal digits."""
    return secrets.token_hex(32)


def _quoted(words):
    return ", ".join(f'"{word}"' for word in words)


ZONE = """$ORIGIN example.com.
$TTL 300
@       SOA   ns1 hostmaster 2026112201 3600 600 604800 60
        NS    ns1
        NS    ns2
ns1     A     127.0.0.1
ns2     A     127.0.0.1
www     A     192.0.2.80
        AAAA  2001:db8::80
ftp     CNAME www
*.lab   TXT   "any name of the lab"
"""


def sitecheck_yaml(site, peers, checkpoints, settings):
    """sitecheck.yaml of `site`. `settings`: mode, on_silence, preset, guard, service, stats (more
    of its mapping), first_keys, keys, arbiter, checkpoints, pool, nodes and extra (the last seven: more lines)."""
    rounds = "\n".join(f'  - {{id: {name}, scope: external, tcp: "{point.address}"}}'
                       for name, point in checkpoints.items())
    others = "\n".join(f"  - {{site: {peer.name}, id: {peer.number}, addr: [{_quoted(peer.peer_paths)}]}}"
                       for peer in peers)
    watched = "\n".join(f"      - {{name: {peer.name}-db, address: {peer.mysql.host}, port: {peer.mysql.port}, "
                        f"site: {peer.name}}}" for peer in peers)
    return f"""site: {{name: {site.name}, id: {site.number}}}
ecv: {{listen: "0.0.0.0@{site.ecv_port}"}}
peer: {{listen: "0.0.0.0@{site.peer_port}"}}
stats: {{listen: "127.0.0.1@{site.stats_port}"{settings.get("stats", "")}}}
control: sitecheck.sock
state_dir: state
keys:
{settings.get("first_keys", "")}  - {{id: p1, file: peer.key, for: peers}}
  - {{id: d1, file: ecv.key, for: dnsd}}
{settings.get("keys", "")}peers:
{others}
arbiter:
  mode: {settings.get("mode", "checkpoints")}
  on_silence: {settings.get("on_silence", "promote")}
  preset: {settings.get("preset", "lan")}
{settings.get("arbiter", "")}checkpoints:
{rounds}
{settings.get("checkpoints", "")}pools:
  - name: {POOL}
    kind: failover
    service: {settings.get("service", f"{site.address}@{site.mysql.port}")}
    schema: wideip
    monitor: {{user: wideip_mon, password_file: mon.password}}
    admin: {{user: wideip_adm, password_file: adm.password}}
    replication: {{user: wideip_repl, password_file: repl.password}}
    guard: {{kind: {settings.get("guard", "process")}}}
{settings.get("pool", "")}    nodes:
      - name: {site.name}-db
        address: {site.mysql.host}
        port: {site.mysql.port}
        priority: 1
        replicate_from: {peers[0].mysql.host}@{peers[0].mysql.port}
        pid_file: {site.mysql.pid_file}
{settings.get("nodes", "")}{watched}
{settings.get("extra", "")}"""


def dnsd_yaml(server, sites, settings):
    """dnsd.yaml of `server` over `sites`. `settings`: ecv (site name -> URLs), relay (False for
    none), on_none, keys, stats (more of its mapping), wideip and extra (more lines)."""
    urls = settings.get("ecv", {})
    claims = "\n".join(f"  {site.name}: {{ecv: [{_quoted(urls.get(site.name, site.ecv_urls))}], "
                       f"peer: [{_quoted(site.peer_paths)}]}}" for site in sites)
    members = "\n".join(f"      - {{site: {site.name}, pool: {POOL}, address: [{site.address}]}}" for site in sites)
    relay = f'relay: {{listen: "{server.relay_address}"}}\n' if settings.get("relay", True) else ""
    return f"""server:
  id: {server.name}
  listen: ["{server.address}"]
  workers: 1
  nsid: {server.name}
  state_dir: state
  control: dnsd.sock
stats: {{listen: "127.0.0.1@{server.stats_port}"{settings.get("stats", "")}}}
{relay}keys:
  - {{id: d1, file: ecv.key, for: dnsd}}
{settings.get("keys", "")}sites:
{claims}
zones:
  - {{origin: example.com, file: example.com.zone}}
wideips:
  - name: {NAME}
    method: active_writer
    ttl: 5
    min_ttl: 1
    on_none: {settings.get("on_none", "{hold: 5m, then: servfail}")}
{settings.get("wideip", "")}    members:
{members}
{settings.get("extra", "")}"""
