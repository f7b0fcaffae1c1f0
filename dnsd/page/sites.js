// The sites: which paths reach them, and what their reports tell.
import {age, duration, el, keyed, mark, passes, row, setAttribute, setText, table} from "./live.js";
import {$, now, replace} from "./state.js";

const PATHS = ["Path", "Reached", "Error"];

function makeSite() {
  const paths = table("Paths to the site's reports", PATHS);
  const out = el("div", {}, el("h3", {}, el("span"), el("span", {class: "unheard"})), paths, el("ul", {class: "list-lines"}));
  out.paths = paths;
  return out;
}

function fillPath(node, path) {
  const cells = node.children;
  setText(cells[0], path.url);
  cells[0].classList.add("mono");
  const bad = path.error !== "";
  if (cells[1].firstElementChild === null)
    cells[1].append(el("span", {}, el("span"), " ", el("span", {class: "soft"})));
  const [reached, heard] = cells[1].firstElementChild.children;
  mark(
      reached,
      bad                          ? "bad" :
          path.last_ok_ms === null ? "unknown" :
                                     "good",
      bad                          ? "no" :
          path.last_ok_ms === null ? "waiting" :
                                     "yes");
  age(heard, path.last_ok_ms);
  setText(cells[2], path.error);
  cells[2].classList.add("wrap");
}

function reportLines(report) {
  const {ok, total, quorum, cut} = report.checkpoints;
  const nodes = report.nodes.map(
      (n) => `${
                 n.status === "FAIL"                             ? "✕" :
                     n.status === "OK" || n.status === "OK_INFO" ? "✓" :
                                                                   "▲"} ` +
          `${n.id} ${n.state}${n.lag_ms === null ? "" : `, lag ${duration(n.lag_ms)}`}`);
  return [
    `${report.pool}: ${report.pool_status}` + (report.eligible ? ", may take over" : ", may not take over") +
        (report.target ? `, handing over to ${report.target}` : ""),
    total > 0 ? `${ok >= quorum ? "✓" : "✕"} checkpoints ${ok} of ${total}, quorum ${quorum}` +
            (cut ? `, cut off: ${cut}` : "") :
                   "",
    `fence ${report.fence}, guard ${report.guard}${report.guard_armed ? " armed" : ""}, arbiter ${
        report.arbiter || "none"}` +
        (report.semi_sync && report.semi_sync !== "unknown" ? `, semi-sync ${report.semi_sync}` : ""),
    nodes.length > 0 ? `nodes: ${nodes.join(" · ")}` : "",
    report.errant ? `errant: ${report.errant}` : "",
  ].filter((line) => line !== "");
}

// Milliseconds since any report of a site was heard, if no path brings any now; null: some do, or there never was one.
function unheardFor(site) {
  if (site.paths.some((path) => path.error === "")) return null;
  const heard = site.paths.map((path) => path.last_ok_ms).filter((ms) => ms !== null);
  return heard.length > 0 ? Math.min(...heard) : null;
}

const MOST_POOLS = 12;  // of a site, that are shown; those that are not well first

function reportsOf(site) {
  const all = [...now.reports.values()].filter((report) => report.site === site.name);
  const [well, other] = [true, false].map((ok) => all.filter((report) => (report.pool_status === "OK") === ok));
  const told = [...other, ...well].slice(0, MOST_POOLS).flatMap(reportLines);
  return all.length > MOST_POOLS ? [...told, "and others: api/v1/status"] : told;
}

export function drawSites() {
  const sites = now.server.sites ?? [];
  if ($("sites").firstElementChild === null)
    $("sites").append(el("div", {class: "sites"}), el("p", {class: "none"}, "No site is polled."));
  const [list, none] = $("sites").children;
  none.hidden = sites.length > 0;
  keyed(list, sites.slice(0, 100), (site) => site.name, makeSite, (node, site) => {
    const [name, unheard] = node.children[0].children;
    setText(name, site.name);
    const since = unheardFor(site);
    setAttribute(node, "data-past", since !== null);
    if (since === null)
      passes(unheard, () => setText(unheard, ""));
    else
      age(unheard, since, " last heard ", " ago; this is what it said then:");
    keyed(node.paths.body, site.paths, (path) => path.url, () => row(node.paths), fillPath);
    const told = reportsOf(site);
    replace(node.children[2], told.join("\n"), () => told.map((line) => el("li", {}, line)));
  });
}
