// Whether others see that one is here.

import { isShownOnline, showOnline } from "../account.js";
import { h } from "../dom.js";
import { announce } from "../notify.js";
import { getState, subscribe } from "../store.js";
import { busy } from "./busy.js";

export function presenceSwitch() {
  const box = h("input", { type: "checkbox", disabled: true, "aria-describedby": "away-hint", data: { testid: "away" } });
  const node = h("div", null,
    h("label", { class: "switch" }, box, "Show me as away"),
    h("p", { class: "hint", id: "away-hint" }, "Others see you as offline, although you can read and write. It ends when you leave or reload the last window of Greenroom."));
  box.addEventListener("change", () => {
    const away = box.checked;
    busy(box, async () => {
      try {
        await showOnline(!away);
        announce(away ? "Others see you as away." : "Others see you as online.");
      } catch (error) {
        box.checked = !away;
        throw error;
      }
    });
  });
  // who has no connection is offline anyway; a new one may have ended being away
  const ask = async () => {
    box.disabled = true;
    if (getState().connection !== "live") return;
    const online = await isShownOnline().catch(() => null);
    if (online === null) return;
    box.checked = !online;
    box.disabled = false;
  };
  const stop = subscribe(["connection"], ask);
  ask();
  return { node, dispose: stop };
}
