"""The files that a site and a name server read: keys, passwords, YAML and the zone."""
import os
import secrets


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


def sitecheck_yaml(site, peer, checkpoints, settings):
    """sitecheck.yaml of `site`, whose one peer is `peer`. `settings`: on_silence, preset, guard, extra (lines)."""
    rounds = "\n".join(f'  - {{id: {name}, scope: external, tcp: "{point.address}"}}'
                       for name, point in checkpoints.items())
    return f"""site: {{name: {site.name}, id: {site.number}}}
ecv: {{listen: "0.0.0.0@{site.ecv_port}"}}
peer: {{listen: "0.0.0.0@{site.peer_port}"}}
stats: {{listen: "127.0.0.1@{site.stats_port}"}}
control: sitecheck.sock
state_dir: state
keys:
  - {{id: p1, file: peer.key, for: peers}}
  - {{id: d1, file: ecv.key, for: dnsd}}
peers:
  - {{site: {peer.name}, id: {peer.number}, addr: [{_quoted(peer.peer_paths)}]}}
arbiter:
  mode: checkpoints
  on_silence: {settings.get("on_silence", "promote")}
  preset: {settings.get("preset", "lan")}
checkpoints:
{rounds}
pools:
  - name: main
    kind: failover
    service: {site.mysql.host}@{site.mysql.port}
    schema: wideip
    monitor: {{user: wideip_mon, password_file: mon.password}}
    admin: {{user: wideip_adm, password_file: adm.password}}
    replication: {{user: wideip_repl, password_file: repl.password}}
    guard: {{kind: {settings.get("guard", "process")}}}
    nodes:
      - name: {site.name}-db
        address: {site.mysql.host}
        port: {site.mysql.port}
        priority: 1
        replicate_from: {peer.mysql.host}@{peer.mysql.port}
        pid_file: {site.mysql.pid_file}
      - {{name: {peer.name}-db, address: {peer.mysql.host}, port: {peer.mysql.port}, site: {peer.name}}}
{settings.get("extra", "")}"""


def dnsd_yaml(server, sites, settings):
    """dnsd.yaml of `server` over `sites`. `settings`: ecv (site name -> URLs), wideip and extra (lines)."""
    urls = settings.get("ecv", {})
    claims = "\n".join(f"  {site.name}: {{ecv: [{_quoted(urls.get(site.name, site.ecv_urls))}], "
                       f"peer: [{_quoted(site.peer_paths)}]}}" for site in sites)
    members = "\n".join(f"      - {{site: {site.name}, pool: main, address: [{site.mysql.host}]}}" for site in sites)
    return f"""server:
  id: {server.name}
  listen: ["{server.address}"]
  workers: 1
  nsid: {server.name}
  state_dir: state
  control: dnsd.sock
stats: {{listen: "127.0.0.1@{server.stats_port}"}}
relay: {{listen: "127.0.0.1@{server.relay_port}"}}
keys:
  - {{id: d1, file: ecv.key, for: dnsd}}
sites:
{claims}
zones:
  - {{origin: example.com, file: example.com.zone}}
wideips:
  - name: mysql.example.com
    method: active_writer
    ttl: 5
    min_ttl: 1
    on_none: {settings.get("on_none", "{hold: 5m, then: servfail}")}
{settings.get("wideip", "")}    members:
{members}
{settings.get("extra", "")}"""
