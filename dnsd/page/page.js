// The status page of dnsd: draws what /api/v1/stream tells. Shapes of the events: dnsd.openapi.json.
import { age, clock, count, duration, el, follow, head, keyed, leaseBar, mark, passes, plain, row, setAttribute, setLease, setText,
  setTime, table } from "./live.js";

const $ = (id) => document.getElementById(id);
const PAGE = 50;          // wide-IPs of a page
const OPEN_UP_TO = 6;     // so many are shown opened
const MOST_EVENTS = 200;
const MOST_SAMPLES = 120;
const RCODES_OF = 10;     // seconds that the table of response codes is of

const now = { server: {}, listing: { search: "", from: 0, limit: PAGE, matched: 0, names: [] }, rows: new Map(),
  claims: new Map(), reports: new Map(), events: [], load: [], clients: [] };
let search = "";
let from = 0;
let everything = false;

const key = (site, pool) => `${site}/${pool}`;

// ---- Wide-IPs

const troubleOf = (wideip) => {
  if (wideip.alarm) return ["bad", "conflict"];
  if (wideip.served === false) return ["bad", "not served"];
  if (wideip.outcome !== "answer") return ["bad", wideip.outcome];
  if (wideip.stale) return ["warn", "held"];
  return ["good", "answers"];
};

const VALUE_TONES = { UP: "good", CONFLICT: "bad", SILENT: "warn" };
function toneOf(member) {
  if (member.failing) return "warn";
  return VALUE_TONES[member.value] ?? "calm";
}

const COLUMNS = ["Member", "State", "Claim", "Epoch", "Lease", "Heard", "Addresses", "Besides"];

function memberRow(of) {
  const out = row(of);
  const cells = out.children;
  cells[1].append(el("span"));
  cells[4].append(leaseBar());
  cells[6].classList.add("mono");
  cells[7].classList.add("long", "soft");
  return out;
}

function fillMember(node, member) {
  const cells = node.children;
  const claim = now.claims.get(key(member.site, member.pool)) ?? member;
  setText(cells[0], member.site === undefined ? member.name : key(member.site, member.pool));
  mark(cells[1].firstElementChild, toneOf(member), member.value);
  setText(cells[2], claim.state || (member.site === undefined ? "" : "never heard"));
  setText(cells[3], claim.epoch > 0 ? claim.counter ?? Math.floor(claim.epoch / 256) : "");
  setLease(cells[4].firstElementChild, claim.lease_ms ?? 0, claim.lease_whole_ms ?? claim.lease_ms ?? 0);
  if (claim.last_heard_ms === undefined) setText(cells[5], "");
  else age(cells[5], claim.last_heard_ms);
  setAttribute(cells[0], "title", plain(member.detail));
  setText(cells[6], (member.addresses ?? []).join(" "));
  setText(cells[7], detailOf(member));
}

// What the other columns do not say already: they go on while the sentence is of the moment in which it was made.
const SAID = new Set(["live", "not_active", "never_heard"]);
function detailOf(member) {
  const parts = SAID.has(member.ground) ? [] : [plain(member.detail)];
  if (member.service && member.service !== "unknown") parts.push(`service ${member.service}`);
  return parts.join("; ");
}

function makeWideip() {
  const members = table("Members", COLUMNS);
  const out = el("details", {},
    el("summary", {}, el("span"), el("span", { class: "name" }), el("span", { class: "answer mono" }), el("span", { class: "when" })),
    el("div", { class: "inside" }, el("p", { class: "why wrap" }), members));
  out.members = members;
  return out;
}

function fillWideip(node, wideip) {
  const [summary, inside] = node.children;
  const [sign, name, answer, when] = summary.children;
  const [tone, word] = troubleOf(wideip);
  setAttribute(node, "data-tone", tone);
  mark(sign, tone, word);
  setText(name, wideip.name);
  const addresses = wideip.answer.length > 0 && wideip.outcome === "answer" ? wideip.answer.join("  ") : wideip.outcome.toUpperCase();
  if (node.answer !== undefined && node.answer !== addresses) {
    node.classList.remove("changed");
    void node.offsetWidth;  // so that the mark of a change begins anew
    node.classList.add("changed");
  }
  node.answer = addresses;
  setText(answer, addresses);
  if (node.since !== wideip.since) {
    node.since = wideip.since;
    age(when, wideip.since_ms, "for ", "");
    setAttribute(when, "title", `since ${plain(wideip.since)}`);
  }
  const epoch = wideip.counter > 0 ? `, epoch ${wideip.counter}` : "";
  setText(inside.children[0], `${wideip.reason} — ${wideip.method}, TTL ${wideip.ttl} s${epoch}, flips ${wideip.flips}, without a ` +
    `member: ${wideip.policy}`);
  keyed(node.members.body, wideip.members, (member) => member.name ?? key(member.site, member.pool),
    () => memberRow(node.members), fillMember);
}

function drawWideips() {
  const shown = now.listing.names.map((name) => now.rows.get(name)).filter((wideip) => wideip !== undefined);
  const few = now.listing.names.length <= OPEN_UP_TO;
  keyed($("list"), shown, (wideip) => wideip.name, (wideip) => {
    const out = makeWideip();
    out.open = few || troubleOf(wideip)[0] !== "good";
    return out;
  }, fillWideip);
  const { matched, limit } = now.listing;
  const first = now.listing.from;
  setText($("place"), matched === 0 ? "none" : `${count(first + 1)}–${count(Math.min(first + limit, matched))} of ${count(matched)}`);
  $("previous").disabled = first === 0;
  $("next").disabled = first + limit >= matched;
  $("list-none").hidden = shown.length > 0;
  setText($("list-none"), search === "" ? "No wide-IP is configured: this is a plain name server." :
    `No wide-IP has “${search}” in its name or its members.`);
}

// Leases and ages come each second; only what is opened is drawn.
function drawClaims() {
  for (const node of $("list").children) {
    if (!node.open) continue;
    const wideip = now.rows.get(node.dataset.key);
    if (wideip !== undefined) wideip.members.forEach((member, n) => fillMember(node.members.body.children[n], member));
  }
}

// ---- The head

function drawServer() {
  const s = now.server;
  setText($("id"), s.id);
  const facts = [`version ${s.version}`, `up ${duration(s.uptime_ms)}`, `pid ${s.pid}`, `table ${s.generation}`, (s.listen ?? []).join(" ")];
  setText($("facts"), facts.join(" · "));
  const troubled = s.wideips_troubled ?? 0;
  const total = s.wideips_total ?? 0;
  const names = total === 1 ? "wide-IP" : "wide-IPs";
  if (!s.ready) {
    mark($("sign"), "warn", "starting");
    setText($("verdict"), "Not ready: the first round of claims is not over.");
  } else if (s.memory_writable === false) {
    mark($("sign"), "bad", "memory");
    setText($("verdict"), "The memory of epochs cannot be written: no answer can move. See the log, and the disk.");
  } else if (troubled > 0) {
    mark($("sign"), "bad", "trouble");
    setText($("verdict"), `${count(troubled)} of ${count(total)} ${names} without a live claim, or in conflict.`);
  } else {
    mark($("sign"), "good", "well");
    setText($("verdict"), total === 0 ? "Answering from its zones." :
      total === 1 ? "The wide-IP is answered on a live claim." : `All ${count(total)} wide-IPs are answered on live claims.`);
  }
  page.trouble(troubled);
  drawBelow(s);
}

function lines(title, all) {
  return el("div", {}, el("h3", {}, title), el("ul", { class: "list-lines" }, ...all.map((line) => el("li", {}, line))));
}

// Redrawn only if it says something else: who has marked a text keeps it marked.
function replace(parent, text, nodes) {
  if (parent.shown === text) return;
  parent.shown = text;
  parent.replaceChildren(...nodes());
}

function drawBelow(s) {
  const votes = (s.votes ?? []).map((v) => `${v.pool}: ` + (v.moratorium ? "nobody yet, the voter is new" :
    v.holder ? `${v.holder} has this server's vote` : "nobody has this server's vote"));
  const services = (s.services ?? []).map((v) => `${v.address} of ${key(v.site, v.pool)}: ${v.state ?? v.view ?? ""}` +
    (v.error || v.detail ? ` (${v.error || v.detail})` : ""));
  const zones = (s.zones ?? []).slice(0, 50).map((z) => `${z.loaded && z.fresh !== false ? "✓" : "✕"} ${z.origin} serial ${z.serial}` +
    (z.error ? `: ${z.error}` : ""));
  const refused = (s.refused ?? []).map((r) => `${count(r.count)} × ${r.what}: ${r.reason}`);
  replace($("server"), JSON.stringify([votes, services, zones, refused]), () => [
    votes.length > 0 ? lines("Votes", votes) : null,
    services.length > 0 ? lines("Service addresses, as tested from here", services) : null,
    zones.length > 0 ? lines("Zones", zones) : null,
    lines("Came in and was not believed, since the start", refused.length > 0 ? refused : ["nothing"]),
  ].filter((node) => node !== null));
}

// ---- Sites

const PATHS = ["Path", "Reached", "Error"];

function makeSite() {
  const paths = table("Paths to the site's reports", PATHS);
  const out = el("div", {}, el("h3"), paths, el("ul", { class: "list-lines" }));
  out.paths = paths;
  return out;
}

function fillPath(node, path) {
  const cells = node.children;
  setText(cells[0], path.url);
  cells[0].classList.add("mono");
  const bad = path.error !== "";
  if (cells[1].firstElementChild === null) cells[1].append(el("span", {}, el("span"), " ", el("span", { class: "soft" })));
  const [reached, heard] = cells[1].firstElementChild.children;
  mark(reached, bad ? "bad" : path.last_ok_ms === null ? "unknown" : "good", bad ? "no" : path.last_ok_ms === null ? "waiting" : "yes");
  age(heard, path.last_ok_ms);
  setText(cells[2], path.error);
  cells[2].classList.add("wrap");
}

function reportLines(report) {
  const { ok, total, quorum, cut } = report.checkpoints;
  const nodes = report.nodes.map((n) => `${n.status === "FAIL" ? "✕" : n.status === "OK" || n.status === "OK_INFO" ? "✓" : "▲"} ` +
    `${n.id} ${n.state}${n.lag_ms === null ? "" : `, lag ${duration(n.lag_ms)}`}`);
  return [
    `${report.pool}: ${report.pool_status}` + (report.eligible ? ", may take over" : ", may not take over") +
      (report.target ? `, handing over to ${report.target}` : ""),
    total > 0 ? `${ok >= quorum ? "✓" : "✕"} checkpoints ${ok} of ${total}, quorum ${quorum}` + (cut ? `, cut off: ${cut}` : "") : "",
    `fence ${report.fence}, guard ${report.guard}${report.guard_armed ? " armed" : ""}, arbiter ${report.arbiter || "none"}` +
      (report.semi_sync && report.semi_sync !== "unknown" ? `, semi-sync ${report.semi_sync}` : ""),
    nodes.length > 0 ? `nodes: ${nodes.join(" · ")}` : "",
    report.errant ? `errant: ${report.errant}` : "",
  ].filter((line) => line !== "");
}

function drawSites() {
  const sites = now.server.sites ?? [];
  if ($("sites").firstElementChild === null) $("sites").append(el("div", { class: "sites" }), el("p", { class: "none" }, "No site is polled."));
  const [list, none] = $("sites").children;
  none.hidden = sites.length > 0;
  keyed(list, sites.slice(0, 100), (site) => site.name, makeSite, (node, site) => {
    setText(node.children[0], site.name);
    keyed(node.paths.body, site.paths, (path) => path.url, () => row(node.paths), fillPath);
    const told = [...now.reports.values()].filter((report) => report.site === site.name).slice(0, 50).flatMap(reportLines);
    replace(node.children[2], told.join("\n"), () => told.map((line) => el("li", {}, line)));
  });
}

// ---- What happened

function eventWords(event) {
  switch (event.event) {
    case "decision": {
      const more = event.names > 1 ? ` and ${count(event.names - 1)} more` : "";
      const answer = event.outcome === "answer" ? event.answer.join(" ") : event.outcome.toUpperCase();
      const good = event.reason === "claim" || event.reason === "highest";
      return [good ? "good" : event.outcome === "answer" ? "warn" : "bad", good ? "answer" : event.stale ? "held" : "answer",
        `${event.name}${more} → ${answer}: ${event.why}`];
    }
    case "input": return ["calm", "claim", `${key(event.site, event.pool)} says ${event.state}` + (event.counter > 0 ? `, epoch ${event.counter}` : "")];
    case "path": return event.fault === "ok" || event.fault === "none" || event.detail === "" ?
      ["calm", "path", `${event.url} brings reports of ${key(event.site, event.pool)}`] :
      ["warn", "path", `${event.url} brings no reports of ${key(event.site, event.pool)}: ${event.detail || event.fault}`];
    case "vote": return ["calm", "vote", `${event.pool}: ${event.holder || "nobody"} has this server's vote` + (event.before ? `, ${event.before} had it` : "")];
    case "service": return [event.state === "down" ? "warn" : "calm", "service", `${event.address} of ${key(event.site, event.pool)} is ${event.state}` + (event.detail ? `: ${event.detail}` : "")];
    case "command": return ["calm", "command", `${event.command} by ${event.user || "somebody"}: ${event.outcome}` + (event.reason ? ` (${event.reason})` : "")];
    case "start": return ["calm", "start", `dnsd ${event.version} began as ${event.id}`];
    default: return ["calm", plain(event.event), Object.entries(event).filter(([name]) => name !== "time" && name !== "event")
      .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ")];
  }
}

let numbered = 0;
function addEvent(event) {
  now.events.unshift({ number: numbered++, event });
  now.events.length = Math.min(now.events.length, MOST_EVENTS);
}

function drawEvents() {
  const shown = now.events.filter(({ event }) => everything || event.event === "decision");
  keyed($("events"), shown, ({ number }) => number, ({ event }) => {
    const [tone, word, words] = eventWords(event);
    const time = el("time");
    setTime(time, event.time);
    const sign = el("span");
    mark(sign, tone, word);
    return el("li", {}, time, sign, el("p", { class: "wrap" }, words));
  }, () => {});
  $("events-none").hidden = shown.length > 0;
  $("events").hidden = shown.length === 0;
}

// To who listens rather than looks; of a burst, the last.
function announce(event) {
  if (event.event === "decision") setText($("told"), `${clock(new Date(event.time))}: ${eventWords(event)[2]}`);
}

// ---- Queries

const SVG = "http://www.w3.org/2000/svg";
function svg(tag, attributes) {
  const out = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) out.setAttribute(name, value);
  return out;
}

function makeLoad() {
  const picture = svg("svg", { class: "spark", viewBox: "0 0 119 40", preserveAspectRatio: "none", role: "img", "aria-labelledby": "load-words" });
  picture.append(svg("path", { class: "area" }), svg("path", {}));
  const rcodes = table("Responses of the last ten seconds by code", ["Code", "A second", "Share"]);
  $("load").append(picture, el("div", { class: "spark-scale" }, el("span", {}, "2 minutes ago"), el("span", { id: "load-words" }), el("span", {}, "now")), rcodes,
    el("p", { class: "soft", id: "dropped" }));
  return rcodes;
}

let rcodes = null;
function drawLoad() {
  rcodes ??= makeLoad();
  const last = now.load.at(-1) ?? { queries: 0, dropped: 0, rcodes: {} };
  const most = Math.max(1, ...now.load.map((sample) => sample.queries));
  const points = now.load.map((sample, n) => [MOST_SAMPLES - now.load.length + n, 39 - 38 * sample.queries / most]);
  const line = points.map(([x, y], n) => `${n === 0 ? "M" : "L"}${x} ${y.toFixed(2)}`).join("");
  const [area, path] = $("load").firstElementChild.children;
  setAttribute(path, "d", line);
  setAttribute(area, "d", points.length > 0 ? `${line}L${points.at(-1)[0]} 40L${points[0][0]} 40Z` : "");
  setText($("rate"), `${count(last.queries)} a second`);
  setText($("load-words"), `at most ${count(most)} a second`);
  const rates = new Map();
  const late = now.load.slice(-RCODES_OF);
  for (const sample of late) {
    for (const [name, rate] of Object.entries(sample.rcodes)) rates.set(name, (rates.get(name) ?? 0) + rate / late.length);
  }
  const shown = [...rates].sort((a, b) => b[1] - a[1]);
  const all = shown.reduce((sum, [, rate]) => sum + rate, 0);
  rcodes.hidden = shown.length === 0;
  keyed(rcodes.body, shown, ([name]) => name, () => {
    const out = row(rcodes);
    out.children[2].append(el("span", {}, el("span", { class: "share", "aria-hidden": "true" }, el("i")), " ", el("span")));
    return out;
  }, (node, [name, rate]) => {
    setText(node.children[0], name);
    setText(node.children[1], count(rate));
    const [share, figure] = node.children[2].firstElementChild.children;
    share.firstElementChild.style.transform = `scaleX(${all > 0 ? rate / all : 0})`;
    setText(figure, `${(all > 0 ? 100 * rate / all : 0).toFixed(0)} %`);
  });
  setText($("dropped"), last.dropped > 0 ? `${count(last.dropped)} a second dropped without an answer` : "");
}

// ---- Who asks

let asking = null;
function drawClients() {
  if (asking === null) {
    asking = table("Who asked for dynamic names of late", ["Client", "Name", "Asked", "Keeps it for"]);
    $("clients").append(asking, el("p", { class: "none" }, "Nobody has asked for a dynamic name of late."));
  }
  asking.hidden = now.clients.length === 0;
  $("clients").lastElementChild.hidden = now.clients.length > 0;
  keyed(asking.body, now.clients, (client) => `${client.client} ${client.name}`, () => row(asking), (node, client) => {
    const cells = node.children;
    setText(cells[0], client.client);
    cells[0].classList.add("mono");
    setText(cells[1], client.name);
    cells[1].classList.add("long");
    age(cells[2], client.asked_ms);
    passes(cells[3], (passed) => setText(cells[3], client.expires_ms > passed ? duration(client.expires_ms - passed) : "over"));
  });
}

// ---- What the server tells

function takeLists(data) {
  if (data.server !== undefined) now.server = data.server;
  for (const claim of data.claims ?? []) now.claims.set(key(claim.site, claim.pool), claim);
  for (const report of data.reports ?? []) now.reports.set(key(report.site, report.pool), report);
  now.clients = data.clients ?? now.clients;
}

const TAKE = {
  snapshot(data) {
    now.rows = new Map(data.wideips.map((wideip) => [wideip.name, wideip]));
    now.claims.clear();
    now.reports.clear();
    now.listing = data.listing;
    now.load = data.load;
    now.events = [];
    data.events.forEach(addEvent);
    takeLists(data);
    drawWideips();
    drawServer();
    drawSites();
    drawEvents();
    drawLoad();
    drawClients();
  },
  wideips(data) {
    for (const wideip of data.wideips) now.rows.set(wideip.name, wideip);
    drawWideips();
  },
  listing(data) {
    now.listing = data;
    const wanted = new Set(data.names);
    for (const name of now.rows.keys()) if (!wanted.has(name)) now.rows.delete(name);
    drawWideips();
  },
  event(data) {
    addEvent(data);
    drawEvents();
    announce(data);
  },
  second(data) {
    takeLists(data);
    if (data.load !== null) now.load = [...now.load, data.load].slice(-MOST_SAMPLES);
    drawServer();
    drawClaims();
    drawSites();
    drawLoad();
    drawClients();
  },
};

// ---- What the reader does

const page = head({ link: $("link"), banner: $("banner"), name: () => `${now.server.id ?? ""} dnsd` });
const stream = follow({
  url: () => `api/v1/stream?${new URLSearchParams({ search, from, limit: PAGE })}`,
  take: (name, data) => TAKE[name]?.(data),
  state(told) {
    page.state(told);
    if (told.live) return;
    mark($("sign"), "unknown", "not known");
    setText($("verdict"), "What is answered now cannot be told from here.");
  },
});

function show(nextSearch, nextFrom) {
  search = nextSearch;
  from = nextFrom;
  stream.restart();
}

let typed = 0;
$("search").addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(() => show($("search").value.trim(), 0), 250);
});
$("previous").addEventListener("click", () => show(search, Math.max(from - PAGE, 0)));
$("next").addEventListener("click", () => show(search, from + PAGE));
for (const id of ["answers", "everything"]) {
  $(id).addEventListener("click", () => {
    everything = id === "everything";
    for (const other of ["answers", "everything"]) $(other).setAttribute("aria-pressed", String(other === id));
    drawEvents();
  });
}
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    $("search").focus();
  }
});
