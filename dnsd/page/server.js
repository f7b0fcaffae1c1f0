// The head of the page, and what the server tells of itself.
import {count, duration, mark, setText} from "./live.js";
import {$, now, key, replace, lines} from "./state.js";

export function drawServer(page) {
  const s = now.server;
  setText($("name"), s.id);
  const facts = [
    `version ${s.version}`, `up ${duration(s.uptime_ms)}`, `pid ${s.pid}`, `table ${s.generation}`,
    (s.listen ?? []).join(" ")
  ];
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
  } else if ((s.overrides ?? []).some((order) => order.break_glass)) {
    mark($("sign"), "bad", "break-glass");
    setText($("verdict"), "An order of an operator is in force against the safety rules: see below.");
  } else if (troubled > 0) {
    mark($("sign"), "bad", "trouble");
    setText($("verdict"), `${count(troubled)} of ${count(total)} ${names} without a member that is up, or in conflict.`);
  } else {
    mark($("sign"), "good", "well");
    setText(
        $("verdict"),
        total === 0     ? "Answering from its zones." :
            total === 1 ? "The wide-IP is answered, by a member that is up." :
                          `All ${count(total)} wide-IPs are answered, by members that are up.`);
  }
  page.trouble(troubled);
  drawBelow(s);
}

function orderWords(order) {
  const what = order.kind === "pin" ? `pin ${order.wideip} to ${order.what}` :
                                      `drain ${order.what}` + (order.wideip ? ` for ${order.wideip}` : "");
  const end = order.until ? `until ${order.until}` : "until it is taken back";
  return `${order.break_glass ? "✕ BREAK-GLASS " : ""}${what}, ${end}, by ${order.user}: ${order.reason}`;
}

function drawBelow(s) {
  const votes = (s.votes ?? [])
                    .map(
                        (v) => `${v.pool}: ` +
                            (v.moratorium ? "nobody yet, the voter is new" :
                                 v.holder ? `${v.holder} has this server's vote` :
                                            "nobody has this server's vote"));
  const services = (s.services ?? [])
                       .map(
                           (v) => `${v.address} of ${key(v.site, v.pool)}: ${v.state ?? v.view ?? ""}` +
                               (v.error || v.detail ? `; last test: ${v.error || v.detail}` : ""));
  const zones = (s.zones ?? [])
                    .slice(0, 50)
                    .map(
                        (z) => `${z.loaded && z.fresh !== false ? "✓" : "✕"} ${z.origin} serial ${z.serial}` +
                            (z.error ? `: ${z.error}` : ""));
  const orders = (s.overrides ?? []).map(orderWords);
  const refused = (s.refused ?? []).map((r) => `${count(r.count)} × ${r.what}: ${r.reason}`);
  replace(
      $("server"), JSON.stringify([orders, votes, services, zones, refused]),
      () => [orders.length > 0 ? lines("Ordered by operators", orders) : null,
             votes.length > 0 ? lines("Votes", votes) : null,
             services.length > 0 ? lines("Service addresses, as tested from here", services) : null,
             zones.length > 0 ? lines("Zones", zones) : null,
             lines("Came in and was not believed, since the start", refused.length > 0 ? refused : ["nothing"]),
  ].filter((node) => node !== null));
}
