// The five steps as five bulbs around a dressing-room mirror: they light up as the analysis goes.

import { h, icon, fill, setText } from "../dom.js";
import { STEPS, stepStates } from "../jobs.js";

const SPOKEN = { done: "done", active: "in progress", failed: "failed", todo: "to come" };

/** @returns {{ node: HTMLElement, update: (job: import("../store.js").Job) => void }} */
export function stepList() {
  const entries = STEPS.map((step) => {
    const bulb = h("span", { class: "bulb", "aria-hidden": "true" });
    const spoken = h("span", { class: "sr-only" });
    const item = h("li", { class: "step", data: { testid: "step", step: step.status } },
      bulb, h("span", { class: "step-label" }, step.label), spoken);
    return { item, bulb, spoken };
  });
  const node = h("ol", { class: "steps", "aria-label": "Steps of the analysis", data: { testid: "step-list" } },
    entries.map((entry) => entry.item));
  const update = (job) => {
    stepStates(job).forEach((state, index) => {
      const { item, bulb, spoken } = entries[index];
      if (item.dataset.state === state) return;
      item.dataset.state = state;
      if (state === "active") item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
      fill(bulb, state === "done" && icon("check"), state === "failed" && icon("close"));
      setText(spoken, `: ${SPOKEN[state]}`);
    });
  };
  return { node, update };
}
