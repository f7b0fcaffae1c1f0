// Who asks, and until when they keep the answer.
import {age, duration, el, keyed, passes, row, setText, table} from "./live.js";
import {$, now} from "./state.js";

let asking = null;
export function drawClients() {
  if (asking === null) {
    asking = table("Who asked for dynamic names of late", ["Client", "Name", "Asked", "Keeps it for"]);
    $("clients").append(asking, el("p", {class: "none"}, "Nobody has asked for a dynamic name of late."));
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
    passes(
        cells[3],
        (passed) => setText(cells[3], client.expires_ms > passed ? duration(client.expires_ms - passed) : "over"));
  });
}
