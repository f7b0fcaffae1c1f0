// The status page of sitecheck: draws what /api/v1/stream tells. Shapes: sitecheck-status.schema.json, and the
// journal's lines.
import {age, clock, count, duration, el, follow, head, keyed, leaseBar, mark, plain, row, setAttribute, setLease,
        setText, setTime, table} from "./live.js";

const $ = (id) => document.getElementById(id);
const MOST_EVENTS = 100;
const TONES = {
  OK: "good",
  OK_INFO: "good",
  OK_WARN: "warn",
  OK_CRITICAL: "bad",
  FAIL: "bad"
};
const toneOf = (status) => TONES[status] ?? "unknown";

let status = null;
let events = [];
let numbered = 0;

// Redrawn only if it says something else: who has marked a text keeps it marked.
function lines(parent, all) {
  const text = all.join("\n");
  if (parent.shown === text) return;
  parent.shown = text;
  parent.replaceChildren(...all.map((line) => el("li", {}, line)));
  parent.hidden = all.length === 0;
}

// ---- Pools: the table of `sitecheck status`

const NODE = ["Node", "Role", "Failed", "Looked at", "Status", "State", "Lag", "Message"];

function makePool(pool) {
  const nodes = table(`Nodes of ${pool.name}`, NODE);
  const out =
      el("section", {class: "pool"}, el("header", {}, el("h2"), el("span"), el("span")),
         el("div", {class: "body"}, el("ul", {class: "alarms", role: "alert"}),
            el("p", {class: "permit"}, el("span"), leaseBar(), el("span", {class: "soft"})), nodes,
            el("ul", {class: "lines"})));
  out.nodes = nodes;
  return out;
}

function fillNode(cells, node) {
  setText(cells[0], node.name);
  setAttribute(cells[0], "title", `${plain(node.host)}:${node.port}`);
  setText(
      cells[1],
      (node.role === "P" ? "primary" : "secondary") + (node.site && node.site !== status.site ? `, ${node.site}` : ""));
  setText(cells[2], node.req > 0 ? node.req : "");
  setText(cells[3], node.time);
  if (cells[4].firstElementChild === null) cells[4].append(el("span"));
  mark(
      cells[4].firstElementChild, node.downtime ? "calm" : toneOf(node.status),
      node.downtime ? `${node.status}, downtime` : node.status);
  setText(cells[5], node.state);
  setText(cells[6], node.lag_ms === null ? "" : duration(node.lag_ms));
  setText(cells[7], node.message);
  cells[7].classList.add("wrap");
}

function guardWords(guard) {
  if (guard.kind === "none") return "no guard: nothing closes the writer if sitecheck hangs";
  return `guard ${guard.kind} ` + (guard.armed ? "armed" : "not armed") + (guard.alive ? "" : ", NOT ALIVE");
}

function furtherLines(pool) {
  const out = [];
  if (pool.reason) out.push(pool.reason);
  if (pool.switchover)
    out.push(
        `switchover to ${pool.switchover.target}: ${pool.switchover.step} for ${duration(pool.switchover.since_ms)}`);
  if (pool.service?.own) {
    out.push(
        `service ${pool.service.own} is ${pool.service.found}` +
        pool.service.views.map((view) => `, ${view.from} finds it ${view.up ? "up" : "DOWN"}`).join(""));
  }
  if (pool.semi_sync && pool.semi_sync.state !== "off")
    out.push(`semi-sync ${pool.semi_sync.state}, replicas ${pool.semi_sync.replicas}`);
  for (const role of pool.roles ?? []) {
    out.push(
        `role ${role.name} (${role.kind}): ` +
        role.addresses.map((each) => `${each.address || each.node} ${each.at ? `at ${each.at}` : "nowhere"}`)
            .join(", "));
  }
  for (const node of pool.nodes) {
    if (node.downtime)
      out.push(
          `downtime of ${node.name} until ${node.downtime.until} by ${node.downtime.who}: ${node.downtime.reason}`);
  }
  for (const each of [pool.errant ?? []].flat().filter((text) => text !== ""))
    out.push(`errant transactions, not at the writer: ${each}`);
  return out;
}

function fillPool(out, pool) {
  const [name, sign, state] = out.firstElementChild.children;
  const [alarms, permit, , further] = out.lastElementChild.children;
  setText(name, pool.name);
  mark(sign, toneOf(pool.status), pool.status);
  setText(state, `${pool.state} since ${pool.since}`);
  const warnings = [...pool.alarms];
  if (pool.accept_unfenced)
    warnings.unshift("accept_unfenced: it takes the place of a silent peer that has no guard; split-brain is possible");
  lines(alarms, warnings.map((alarm) => `✕ ${alarm}`));
  const [epoch, lease, guard] = permit.children;
  setText(
      epoch,
      pool.arbitrated ?
          (pool.counter > 0 ? `epoch ${pool.counter}, ` : "") + (pool.lease_ms > 0 ? "lease" : "no lease") :
                              "only watched");
  // What a lease is whole is not told: the longest that was seen of this one.
  out.whole = pool.lease_ms > 0 ? Math.max(out.whole ?? 0, pool.lease_ms) : 0;
  setLease(lease, pool.lease_ms, out.whole);
  setText(guard, `${guardWords(pool.guard)}, fence ${pool.fence}`);
  const nodes = [...pool.nodes].sort((a, b) => a.priority - b.priority);
  keyed(
      out.nodes.body, nodes, (node) => `${node.site}/${node.name}`, () => row(out.nodes),
      (line, node) => fillNode(line.children, node));
  lines(further, furtherLines(pool));
}

// ---- Beside them

let checkpoints = null;
function drawCheckpoints() {
  const {items, ok, total, quorum, cut} = status.checkpoints;
  if (checkpoints === null) {
    checkpoints = table("Checkpoints", ["Checkpoint", "Result", "Failed", "Asked", "Message"]);
    $("checkpoints").append(checkpoints, el("p", {class: "none"}, "None is configured."));
  }
  setText($("quorum"), total > 0 ? `${ok} of ${total}, quorum ${quorum}` + (cut ? `, cut off: ${cut}` : "") : "");
  checkpoints.hidden = items.length === 0;
  $("checkpoints").lastElementChild.hidden = items.length > 0;
  keyed(checkpoints.body, items, (item) => item.id, () => row(checkpoints), (line, item) => {
    const cells = line.children;
    setText(cells[0], item.id);
    if (cells[1].firstElementChild === null) cells[1].append(el("span"));
    mark(cells[1].firstElementChild, item.ok ? "good" : "bad", item.ok ? "OK" : "FAIL");
    setText(cells[2], item.req > 0 ? item.req : "");
    setText(cells[3], item.time);
    setText(cells[4], item.message);
    cells[4].classList.add("wrap");
  });
}

let peers = null;
function drawPeers() {
  if (peers === null) {
    peers = table("Paths to the other sites", ["Path", "Site", "Heard"]);
    $("peers").append(peers, el("ul", {class: "lines"}));
  }
  const paths = status.peers.flatMap((peer) => peer.paths.map((path) => ({...path, site: peer.site})));
  peers.hidden = paths.length === 0;
  keyed(peers.body, paths, (path) => `${path.site} ${path.addr}`, () => row(peers), (line, path) => {
    const cells = line.children;
    setText(cells[0], path.addr);
    cells[0].classList.add("mono");
    setText(cells[1], path.site);
    age(cells[2], path.last_heard_ms);
  });
  const {arbiter} = status;
  lines($("peers").lastElementChild, [
    `arbiter ${arbiter.mode}, on silence ${arbiter.on_silence}, preset ${arbiter.preset}, mode ${status.mode}` +
        (arbiter.mode === "checkpoints" ? `, CA ${arbiter.ca}${arbiter.ca_detail ? ` (${arbiter.ca_detail})` : ""}` :
                                                                                   ""),
    ...status.peers.filter((peer) => !peer.config_match).map((peer) => `✕ the configuration of ${peer.site} differs`),
    ...(arbiter.voters ?? []).map((voter) => `voter ${voter.id}: ${voter.last_vote || "no answer"}`),
    ...(arbiter.etcd ? [`etcd ${arbiter.etcd.endpoint}, owner ${arbiter.etcd.owner || "nobody"}`] : []),
    ...status.refused.map((refused) => `${count(refused.count)} × refused from ${refused.from}: ${refused.reason}`),
  ]);
}

function drawVerdict() {
  const order = ["good", "unknown", "warn", "bad"];
  const bad = status.pools.filter((pool) => pool.alarms.length > 0 || order.indexOf(toneOf(pool.status)) > 0);
  const worst = bad.some((pool) => pool.alarms.length > 0 || toneOf(pool.status) === "bad") ? "bad" :
      bad.length > 0                                                                        ? "warn" :
                                                                                              "good";
  const writers = status.pools.filter((pool) => pool.state === "ACTIVE").map((pool) => pool.name);
  mark($("sign"), worst, worst === "good" ? "well" : worst === "warn" ? "look" : "trouble");
  setText(
      $("verdict"),
      (writers.length > 0 ? `The writer of ${writers.join(", ")} is here` : "No writer is here") +
          (bad.length > 0 ? `; look at ${bad.map((pool) => pool.name).join(", ")}` : "") + ".");
  page.trouble(bad.length);
}

function drawEvents() {
  keyed($("events"), events, ({number}) => number, ({event}) => {
    const time = el("time");
    setTime(time, event.time);
    const rest =
        Object.entries(event).filter(([name, value]) => !["time", "event", "message"].includes(name) && value !== "");
    return el(
        "li", {}, time, el("span", {class: "mark calm"}, event.event),
        el("p", {class: "wrap"}, event.message,
           el("span", {class: "soft"}, rest.map(([name, value]) => ` ${name}=${value}`).join(""))));
  }, () => {});
  $("events-none").hidden = events.length > 0;
  $("events").hidden = events.length === 0;
}

// ---- What the server tells

const states = new Map();
function announce() {
  for (const pool of status.pools) {
    const before = states.get(pool.name);
    if (before !== undefined && before !== pool.state)
      setText($("told"), `${clock(new Date())}: ${pool.name} is ${pool.state}`);
    states.set(pool.name, pool.state);
  }
}

let drawing = 0;
const TAKE = {
  status(data) {
    status = data;
    setText($("name"), status.site);
    setText($("facts"), `version ${status.version} · ${status.instance} · mode ${status.mode}`);
    keyed($("pools"), status.pools, (pool) => pool.name, makePool, fillPool);
    drawVerdict();
    drawCheckpoints();
    drawPeers();
    announce();
  },
  event(data) {
    events.unshift({number: numbered++, event: data});
    events.length = Math.min(events.length, MOST_EVENTS);
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(drawEvents);
  },
};

const page = head({link: $("link"), banner: $("banner"), name: () => `${status?.site ?? ""} sitecheck`});
follow({
  url: () => {
    events = [];  // the stream begins with the latest
    return "api/v1/stream";
  },
  take: (name, data) => TAKE[name]?.(data),
  state(told) {
    page.state(told);
    if (told.live) return;
    mark($("sign"), "unknown", "not known");
    setText($("verdict"), "What the site does now cannot be told from here.");
  },
  form: $("entry"),
  input: $("token"),
});
