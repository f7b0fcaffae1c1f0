// The status page of dnsd: draws what /api/v1/stream tells. Shapes of the events: dnsd.openapi.json.
import {follow, head, mark, setText} from "./live.js";
import {$, now, key} from "./state.js";
import {drawClients} from "./clients.js";
import {addEvent, announce, drawEvents} from "./events.js";
import {drawLoad, MOST_SAMPLES} from "./load.js";
import {drawOrders} from "./orders.js";
import {drawServer} from "./server.js";
import {drawSites} from "./sites.js";
import {drawClaims, drawWideips} from "./wideips.js";

const PAGE = 50;  // wide-IPs of a page

let search = "";
let from = 0;
let everything = false;

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
    drawServer(page);
    drawOrders();
    drawSites();
    drawEvents(everything);
    drawLoad();
    drawClients();
  },
  wideips(data) {
    for (const wideip of data.wideips) now.rows.set(wideip.name, wideip);
    takeLists(data);
    drawWideips();
    drawServer(page);
    drawOrders();
  },
  listing(data) {
    now.listing = data;
    const wanted = new Set(data.names);
    for (const name of now.rows.keys())
      if (!wanted.has(name)) now.rows.delete(name);
    drawWideips();
  },
  event(data) {
    addEvent(data);
    drawEvents(everything);
    announce(data);
  },
  second(data) {
    takeLists(data);
    if (data.load !== null) now.load = [...now.load, data.load].slice(-MOST_SAMPLES);
    drawServer(page);
    drawOrders();
    drawClaims();
    drawSites();
    drawLoad();
    drawClients();
  },
};

// ---- What the reader does

const page = head({link: $("link"), banner: $("banner"), name: () => `${now.server.id ?? ""} dnsd`});
const stream = follow({
  url: () => `api/v1/stream?${new URLSearchParams({search, from, limit: PAGE})}`,
  take: (name, data) => TAKE[name]?.(data),
  state(told) {
    page.state(told);
    if (told.live) return;
    mark($("sign"), "unknown", "not known");
    setText($("verdict"), "What is answered now cannot be told from here.");
  },
  form: $("entry"),
  input: $("token"),
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
    drawEvents(everything);
  });
}
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    $("search").focus();
  }
});
