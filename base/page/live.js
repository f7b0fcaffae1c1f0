// What the status pages of dnsd and sitecheck share: the stream of events from the server, and drawing.
//
// Text from the server is only ever put in as text. Whoever wrote it (a pool's name, an error of a database) cannot
// make markup of it, nor with control characters make it look like something else.

// ---- Drawing

const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function plain(value) {
  return value === null || value === undefined ? "" : String(value).replace(INVISIBLE, "\ufffd");
}

// An element: attributes by name ("on…" is none of them), children nodes or text.
export function el(tag, attributes = {}, ...children) {
  const out = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) out.setAttribute(name, value === true ? "" : value);
  }
  out.append(
      ...children.filter((child) => child !== null).map((child) => child instanceof Node ? child : plain(child)));
  return out;
}

export function setText(node, value) {
  const text = plain(value);
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

// Makes the children of `parent` those of `items`, in their order: an item that was there keeps its node, and with it
// the reader's place, focus and what they have opened. `make(item)` gives a node, `update(node, item)` fills it.
export function keyed(parent, items, keyOf, make, update) {
  const before = new Map();
  for (const child of parent.children) before.set(child.dataset.key, child);
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let node = before.get(key);
    if (node === undefined) {
      node = make(item);
      node.dataset.key = key;
    }
    before.delete(key);
    if (node === at) {
      at = at.nextElementSibling;
    } else {
      parent.insertBefore(node, at);
    }
    update(node, item);
  }
  for (const node of before.values()) node.remove();
}

// A table whose rows become blocks of labelled lines where the screen is narrow; it stays a table to a screen reader.
export function table(caption, columns) {
  const head = el("tr", {role: "row"}, ...columns.map((name) => el("th", {scope: "col", role: "columnheader"}, name)));
  const body = el("tbody", {role: "rowgroup"});
  const whole = el(
      "table", {role: "table"}, el("caption", {class: "unseen"}, caption), el("thead", {role: "rowgroup"}, head), body);
  whole.columns = columns;
  whole.body = body;
  return whole;
}

export function row(of) {
  return el(
      "tr", {role: "row"},
      ...of.columns.map(
          (name, n) => n === 0 ? el("th", {scope: "row", role: "rowheader", "data-label": name}) :
                                 el("td", {role: "cell", "data-label": name})));
}

// A word with a sign and a colour: the sign and the word say it without the colour.
const SIGNS = {
  good: "✓",
  warn: "▲",
  bad: "✕",
  calm: "·",
  unknown: "?"
};
export function mark(node, tone, word) {
  setAttribute(node, "class", `mark ${tone}`);
  setText(node, `${SIGNS[tone]} ${word}`);
}

// ---- Words for figures

export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 10000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const s = Math.floor(ms / 1000);
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

export function count(number) {
  return Number(number).toLocaleString("en", {maximumFractionDigits: number < 10 ? 1 : 0});
}

const two = (n) => String(n).padStart(2, "0");

// The reader's time of day, with the day where it is not today's.
export function clock(date) {
  if (Number.isNaN(date.getTime())) return "";
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

export function setTime(node, text) {
  const date = new Date(text);
  setAttribute(node, "datetime", Number.isNaN(date.getTime()) ? null : text);
  setAttribute(node, "title", plain(text));
  setText(node, clock(date) || text);
}

// What passes by itself between two events: ages grow, leases run down. `draw(passed)` is called four times a second
// with the milliseconds since the node was told of last, while the server is there.
const passing = new Map();
export function passes(node, draw) {
  passing.set(node, {since: performance.now(), draw});
  draw(0);
}

let alive = false;
setInterval(() => {
  for (const [node, {since, draw}] of passing) {
    if (!node.isConnected)
      passing.delete(node);
    else if (alive)
      draw(performance.now() - since);
  }
}, 250);

export function age(node, ms, before = "", after = " ago") {
  passes(
      node,
      (passed) => setText(node, ms === null || ms === undefined ? "never" : before + duration(ms + passed) + after));
}

// The lease that is left of `whole`, as a bar and in figures.
export function leaseBar() {
  return el("span", {class: "lease"}, el("span", {class: "bar", "aria-hidden": "true"}, el("i")), el("span"));
}
export function setLease(node, left, whole) {
  const [bar, text] = node.children;
  node.hidden = !(left > 0 || whole > 0);
  passes(node, (passed) => {
    const now = Math.max(left - passed, 0);
    bar.firstElementChild.style.transform = `scaleX(${whole > 0 ? Math.min(now / whole, 1) : 0})`;
    setAttribute(bar, "data-low", whole > 0 && now < whole / 3);
    setText(text, now > 0 ? duration(now) : "over");
  });
}

// ---- The stream

const SILENT_AFTER = 5000;  // the server tells something each second
const PAUSES = [250, 500, 1000, 2000, 4000];

function read(block, take) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
  }
  if (data.length === 0) return;
  take(name, JSON.parse(data.join("\n")));
}

// Follows the stream at `url()` for ever, and again at once after restart(). `take(name, data)` gets each event; `state`
// is told { live, since (a Date, the last word of the server), why }. Where the server wants a bearer token, `form` with
// `input` in it asks the reader for one, which is kept as long as the page.
export function follow({url, take, state, form, input}) {
  let token = "";
  let abort = null;
  let wake = null;
  let failures = 0;
  let heard = new Date();

  const lost = (why, denied = false) => {
    alive = false;
    if (denied && form.hidden) {
      form.hidden = false;
      input.focus();
    }
    state({live: false, since: heard, why});
  };

  const once = async () => {
    abort = new AbortController();
    const mine = abort;
    let silence = setTimeout(() => mine.abort(), SILENT_AFTER);
    try {
      const headers = token ? {Authorization: `Bearer ${token}`} : {};
      const answer = await fetch(url(), {headers, signal: mine.signal, cache: "no-store"});
      if (!answer.ok) {
        lost((await answer.text()).slice(0, 300) || `status ${answer.status}`, answer.status === 401);
        return;
      }
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const {value, done} = await reader.read();
        if (done) break;
        clearTimeout(silence);
        silence = setTimeout(() => mine.abort(), SILENT_AFTER);
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        heard = new Date();
        failures = 0;
        alive = true;
        form.hidden = true;
        state({live: true, since: heard});
        for (const block of blocks) read(block, take);
      }
      lost("the server has closed the stream");
    } catch (fault) {
      if (mine.signal.aborted && mine.signal.reason !== "restart")
        lost("the server is silent");
      else if (!mine.signal.aborted)
        lost(fault instanceof SyntaxError ? "what came is no event" : "the server cannot be reached");
    } finally {
      clearTimeout(silence);
      mine.abort();
    }
  };

  (async () => {
    for (;;) {
      await once();
      const pause = abort.signal.reason === "restart" ? 0 : PAUSES[Math.min(failures++, PAUSES.length - 1)];
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, pause);
      });
    }
  })();

  const restart = () => {
    abort?.abort("restart");
    wake?.();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    token = input.value.trim();
    restart();
  });
  return {restart};
}

// ---- The head of both pages: whether what is shown is true now

export function head({link, banner, name}) {
  let live = null;
  let trouble = 0;
  const title = () => {
    const sign = live ? (trouble > 0 ? `▲ ${trouble} · ` : "✓ ") : "? ";
    document.title = sign + plain(name());
  };
  return {
    trouble(number) {
      trouble = number;
      title();
    },
    state(now) {
      const other = live !== now.live;
      live = now.live;
      document.body.dataset.live = live ? "yes" : "no";
      if (live && !other) return;
      mark(link, live ? "good" : "bad", live ? "live" : "stale");
      banner.hidden = live;
      if (!live) {
        setText(
            banner,
            `Stale since ${clock(now.since)}: what stands here was true then and may not be now. ` +
                `No connection to the server (${now.why.trim()}); it is tried again by itself.`);
      }
      title();
    },
  };
}
