// What the server has told so far, and what all parts of the page need.
import {el} from "./live.js";

export const $ = (id) => document.getElementById(id);

export const now = {
  server: {},
  listing: {search: "", from: 0, limit: 0, matched: 0, names: []},
  rows: new Map(),
  claims: new Map(),
  reports: new Map(),
  events: [],
  load: [],
  clients: [],
};

export const key = (site, pool) => `${site}/${pool}`;

// Redrawn only if it says something else: who has marked a text keeps it marked.
export function replace(parent, text, nodes) {
  if (parent.shown === text) return;
  parent.shown = text;
  parent.replaceChildren(...nodes());
}

export function lines(title, all) {
  return el("div", {}, el("h3", {}, title), el("ul", {class: "list-lines"}, ...all.map((line) => el("li", {}, line))));
}
