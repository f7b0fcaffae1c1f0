// Orders of operators in force: what was drained or pinned, by whom, why, and until when.
import {duration, el, keyed, mark, passes, row, setText, table} from "./live.js";
import {$, now} from "./state.js";

const COLUMNS = ["Order", "Of", "For", "Ends in", "Reason", "By"];

function fillOrder(node, order) {
  const cells = node.children;
  if (cells[0].firstElementChild === null) cells[0].append(el("span"));
  mark(
      cells[0].firstElementChild, order.break_glass ? "bad" : "warn",
      order.break_glass ? `${order.kind}, break-glass` : order.kind);
  setText(cells[1], order.wideips > 0 ? order.what : `${order.what}, which is configured no more`);
  setText(cells[2], order.wideip ?? "every wide-IP");
  passes(
      cells[3],
      (passed) => setText(
          cells[3],
          order.left_ms === null    ? "until it is taken back" :
              order.left_ms > passed ? duration(order.left_ms - passed) :
                                       "over"));
  setText(cells[4], order.reason);
  cells[4].classList.add("wrap");
  setText(cells[5], order.user);
}

let orders = null;
export function drawOrders() {
  const all = now.server.overrides ?? [];
  if (orders === null) {
    orders = table("Orders of operators in force", COLUMNS);
    $("orders").lastElementChild.append(orders);
  }
  $("orders").hidden = all.length === 0;
  keyed(
      orders.body, all, (order) => `${order.kind} ${order.what} ${order.wideip ?? ""}`, () => row(orders), fillOrder);
}
