// What happened: lines of the journal.
import {clock, count, el, keyed, mark, plain, setText, setTime} from "./live.js";
import {$, now, key} from "./state.js";

const MOST_EVENTS = 200;
// Reasons of answers behind which somebody stands who is up.
const GOOD = new Set(["claim", "highest", "selected", "pinned"]);

function eventWords(event) {
  switch (event.event) {
    case "decision": {
      const more = event.names > 1 ? ` and ${count(event.names - 1)} more` : "";
      const answer = event.outcome === "answer" ? event.answer.join(" ") : event.outcome.toUpperCase();
      const good = GOOD.has(event.reason);
      return [
        good                           ? "good" :
            event.outcome === "answer" ? "warn" :
                                         "bad",
        good            ? "answer" :
            event.stale ? "held" :
                          "answer",
        `${event.name}${more} → ${answer}: ${event.why}`
      ];
    }
    case "input":
      return [
        "calm", "claim",
        `${key(event.site, event.pool)} says ${event.state}` + (event.counter > 0 ? `, epoch ${event.counter}` : "")
      ];
    case "path":
      return event.fault === "ok" || event.fault === "none" || event.detail === "" ?
          ["calm", "path", `${event.url} brings reports of ${key(event.site, event.pool)}`] :
          [
            "warn", "path",
            `${event.url} brings no reports of ${key(event.site, event.pool)}: ${event.detail || event.fault}`
          ];
    case "vote":
      return [
        "calm", "vote",
        `${event.pool}: ${event.holder || "nobody"} has this server's vote` +
            (event.before ? `, ${event.before} had it` : "")
      ];
    case "service":
      return [
        event.state === "down" ? "warn" : "calm", "service",
        `${event.address} of ${key(event.site, event.pool)} is ${event.state}` +
            (event.detail ? `: ${event.detail}` : "")
      ];
    case "command":
      return [
        "calm", "command",
        `${event.command} by ${event.user || "somebody"}: ${event.outcome}` + (event.reason ? ` (${event.reason})` : "")
      ];
    case "override":
      return [
        event.broken?.length > 0 ? "bad" : "warn", "order",
        `${event.order}: ${event.action}` + (event.user ? ` by ${event.user}` : "") +
            (event.reason ? ` (${event.reason})` : "") + (event.until ? `, until ${event.until}` : "")
      ];
    case "start":
      return ["calm", "start", `dnsd ${event.version} began as ${event.id}`];
    default:
      return [
        "calm", plain(event.event),
        Object.entries(event)
            .filter(([name]) => name !== "time" && name !== "event")
            .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
            .join(", ")
      ];
  }
}

let numbered = 0;
export function addEvent(event) {
  now.events.unshift({number: numbered++, event});
  now.events.length = Math.min(now.events.length, MOST_EVENTS);
}

export function drawEvents(everything) {
  const shown = now.events.filter(({event}) => everything || event.event === "decision");
  keyed($("events"), shown, ({number}) => number, ({event}) => {
    const [tone, word, words] = eventWords(event);
    const time = el("time");
    setTime(time, event.time);
    const sign = el("span");
    mark(sign, tone, word);
    return el("li", {}, time, sign, el("p", {class: "wrap"}, words));
  }, () => {});
  $("events-none").hidden = shown.length > 0;
  $("events").hidden = shown.length === 0;
}

// To who listens rather than looks; of a burst, the last.
export function announce(event) {
  if (event.event === "decision") setText($("told"), `${clock(new Date(event.time))}: ${eventWords(event)[2]}`);
}
