// The wide-IPs of the page, and their members.
import {age, count, el, keyed, leaseBar, mark, passes, plain, row, setAttribute, setLease, setText, table} from "./live.js";
import {$, now, key} from "./state.js";

const OPEN_UP_TO = 6;  // so many are shown opened

// A member is a site's pool, or an address with a monitor, which has no claim.
const hasClaim = (member) => Boolean(member.pool);
const labelOf = (member) => hasClaim(member) ? key(member.site, member.pool) : member.name || member.site;

const known = (ms) => ms !== undefined && ms !== null;
// No path brings its reports, or its claim has run out without another.
const isPast = (claim) => known(claim.last_heard_ms) && claim.failing === true;

const troubleOf = (wideip) => {
  if (wideip.reason_id === "barred" || wideip.reason_id === "forced") return ["bad", wideip.reason_id];
  if (wideip.alarm) return ["bad", "conflict"];
  if (wideip.served === false) return ["bad", "not served"];
  if (wideip.outcome !== "answer") return ["bad", wideip.outcome];
  if (wideip.stale) return ["warn", "held"];
  return ["good", "answers"];
};

const VALUE_TONES = {
  UP: "good",
  CONFLICT: "bad",
  SILENT: "warn"
};
function toneOf(member) {
  if (member.failing) return "warn";
  return VALUE_TONES[member.value] ?? "calm";
}

const COLUMNS = ["Member", "State", "Claim", "Lease", "Heard ago", "Addresses", "Besides"];

function memberRow(of) {
  const out = row(of);
  const cells = out.children;
  cells[1].append(el("span"));
  cells[2].append(el("span", {}, el("span"), el("span", {class: "soft"})));
  cells[3].append(leaseBar());
  cells[5].classList.add("mono");
  cells[6].classList.add("long", "soft");
  return out;
}

function fillMember(node, member) {
  const cells = node.children;
  const claim = now.claims.get(key(member.site, member.pool)) ?? member;
  setText(cells[0], labelOf(member));
  mark(cells[1].firstElementChild, toneOf(member), member.value);
  fillClaim(cells[2].firstElementChild, member, claim);
  setLease(cells[3].firstElementChild, claim.lease_ms ?? 0, claim.lease_whole_ms ?? claim.lease_ms ?? 0);
  for (const n of [2, 3]) setAttribute(cells[n], "data-empty", !hasClaim(member));
  if (known(claim.last_heard_ms) && !isPast(claim))
    age(cells[4], claim.last_heard_ms, "", "");
  else
    passes(cells[4], () => setText(cells[4], ""));
  setAttribute(cells[0], "title", plain(member.detail));
  setText(cells[5], member.cname ?? (member.addresses ?? []).join(" "));
  setText(cells[6], besides(member));
}

// Why a member has its value, where the other columns do not say it. Sentences of the server with figures that pass are
// of the moment in which they were made: they are the title of the member's name.
const GROUNDS = {
  live: "",
  not_active: "",
  never_heard: "",
  unheard: "no report comes",
  lease_over: "its lease is over",
  void: "its epoch is over: void",
  leap: "its epoch is far ahead: refused",
  outranked: "another has a higher epoch",
  twin: "another has the same epoch",
  readable: "",
  probed: "",
  drained: "drained by an operator",
  unpinned: "another is pinned by an operator"
};
function besides(member) {
  const parts = [GROUNDS[member.ground] ?? plain(member.detail)];
  if (member.ordered === "pinned" || member.ordered === "forced") parts.push(`${member.ordered} by an operator`);
  if (member.service && member.service !== "unknown") parts.push(`service ${member.service}`);
  return parts.filter((part) => part !== "").join("; ");
}

// What a site says now; of one that is not heard, how long ago it said so: nobody shall take it for the present.
function fillClaim(node, member, claim) {
  const [words, then] = node.children;
  const epoch = claim.epoch > 0 ? `, epoch ${claim.counter ?? Math.floor(claim.epoch / 256)}` : "";
  const said = claim.state ? claim.state + epoch : hasClaim(member) ? "never heard" : "";
  const past = isPast(claim) && said !== "never heard";
  setText(then, past ? ` it was ${said}` : "");
  if (past)
    age(words, claim.last_heard_ms, "last heard ");
  else
    passes(words, () => setText(words, said));
}

// ---- Pools, of a wide-IP that has several

const POOL_COLUMNS = ["Pool", "Now", "Up", "Method", "Members"];

// A pool answers, or why it does not.
function poolState(pool) {
  const needed = Math.max(pool.min_members_up, 1);
  if (pool.answers) return pool.up >= needed ? ["good", "answers"] : ["warn", "answers with too few up"];
  if (pool.up === 0) return ["bad", "nobody is up"];
  if (pool.up < needed) return ["bad", `too few: ${needed} needed`];
  return ["calm", "stands by"];
}

function poolRow(of) {
  const out = row(of);
  out.children[1].append(el("span"));
  out.children[4].classList.add("long", "soft");
  return out;
}

function fillPool(node, pool) {
  const cells = node.children;
  setText(cells[0], pool.name);
  mark(cells[1].firstElementChild, ...poolState(pool));
  setText(cells[2], `${pool.up} of ${pool.members.length}`);
  setText(cells[3], pool.method);
  setText(cells[4], pool.members.join(", "));
}

function makeWideip() {
  const members = table("Members", COLUMNS);
  const pools = table("Pools, in their order", POOL_COLUMNS);
  const out =
      el("details", {},
         el("summary", {}, el("span"), el("span", {class: "name"}), el("span", {class: "answer mono"}),
            el("span", {class: "when"})),
         el("div", {class: "inside"}, el("p", {class: "why wrap"}), pools, members));
  out.members = members;
  out.pools = pools;
  pools.classList.add("pools");
  return out;
}

function fillWideip(node, wideip) {
  const [summary, inside] = node.children;
  const [sign, name, answer, when] = summary.children;
  const [tone, word] = troubleOf(wideip);
  setAttribute(node, "data-tone", tone);
  mark(sign, tone, word);
  setText(name, wideip.name);
  const addresses =
      wideip.answer.length > 0 && wideip.outcome === "answer" ? wideip.answer.join("  ") : wideip.outcome.toUpperCase();
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
  setText(
      inside.children[0],
      `${wideip.reason} — ${wideip.method}, TTL ${wideip.ttl} s${epoch}, flips ${wideip.flips}, without a ` +
          `member: ${wideip.policy}`);
  const pools = (wideip.pools ?? []).length > 1 ? wideip.pools : [];
  node.pools.hidden = pools.length === 0;
  keyed(node.pools.body, pools, (pool) => pool.name, () => poolRow(node.pools), fillPool);
  node.members.classList.toggle("unclaimed", !wideip.members.some(hasClaim));
  keyed(node.members.body, wideip.members, labelOf, () => memberRow(node.members), fillMember);
}

export function drawWideips() {
  const shown = now.listing.names.map((name) => now.rows.get(name)).filter((wideip) => wideip !== undefined);
  const few = now.listing.names.length <= OPEN_UP_TO;
  keyed($("list"), shown, (wideip) => wideip.name, (wideip) => {
    const out = makeWideip();
    out.open = few || troubleOf(wideip)[0] !== "good";
    return out;
  }, fillWideip);
  const {matched, limit} = now.listing;
  const first = now.listing.from;
  setText(
      $("place"),
      matched === 0 ? "none" : `${count(first + 1)}–${count(Math.min(first + limit, matched))} of ${count(matched)}`);
  $("previous").disabled = first === 0;
  $("next").disabled = first + limit >= matched;
  $("list-none").hidden = shown.length > 0;
  setText(
      $("list-none"),
      now.listing.search === "" ? "No wide-IP is configured: this is a plain name server." :
                                  `No wide-IP has “${now.listing.search}” in its name or its members.`);
}

// Leases and ages come each second; only what is opened is drawn.
export function drawClaims() {
  for (const node of $("list").children) {
    if (!node.open) continue;
    const wideip = now.rows.get(node.dataset.key);
    if (wideip !== undefined) wideip.members.forEach((member, n) => fillMember(node.members.body.children[n], member));
  }
}
