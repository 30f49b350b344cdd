// Finds a person in the directory: a field and a list under it, by keyboard and by pointer.

import { bdi, fill, h } from "../dom.js";
import { get, url } from "../api.js";
import { errorText } from "../format.js";
import { displayName } from "./model.js";
import { avatar } from "./people.js";
import { act, chats } from "./client.js";

const WAIT_MS = 200;
const LIMIT = 30;

/**
 * @param {{ label: string, role?: string, choose: (person: any) => Promise<void>, without?: () => Set<number> }} options
 *   `choose`: what happens to whoever is chosen; `without`: who is left out
 */
export function personPicker({ label, role, choose, without = () => new Set() }) {
  const input = h("input", {
    class: "input", type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "picker-list", "aria-autocomplete": "list",
    autocomplete: "off", spellcheck: "false", id: "picker-field", placeholder: "Name or username", data: { testid: "picker" },
  });
  const list = h("ul", { class: "picker-list", role: "listbox", id: "picker-list", "aria-label": label, data: { testid: "picker-list" } });
  const note = h("p", { class: "hint", role: "status" });
  const node = h("div", { class: "field" }, h("label", { for: "picker-field" }, label), input, note, list);
  /** @type {AbortController | null} */
  let asking = null;
  let timer = 0;
  let people = [];
  let active = 0;

  const mark = (index) => {
    active = Math.max(0, Math.min(people.length - 1, index));
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    const option = list.children[active];
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const pick = async (person) => {
    if (!person || node.dataset.busy === "true") return;
    node.dataset.busy = "true";
    try {
      await choose(person);
    } catch (error) {
      fill(note, errorText(error));
    } finally {
      node.dataset.busy = "false";
    }
  };
  const show = (found) => {
    const left = without();
    const { me } = chats();
    people = found.filter((person) => !left.has(person.id)).sort((a, b) => Number(a.id === me.id) - Number(b.id === me.id));
    fill(list, people.map((person, index) => h("li", {
      role: "option", id: `picker-${person.id}`, class: "picker-person", "aria-selected": "false", data: { testid: "picker-person", user: person.username },
      on: { click: () => pick(person), pointermove: () => { if (active !== index) mark(index); } },
    }, avatar(person, { presence: true }), h("span", { class: "picker-words" }, bdi(displayName(person), { class: "picker-name" }),
      h("span", { class: "hint" }, person.id === me.id ? "You: notes to yourself" : [`@${person.username}`, person.role !== "customer" && " · coach"])))));
    fill(note, people.length === 0 && "Nobody of that name.");
    mark(0);
  };
  const ask = async () => {
    asking?.abort();
    const abort = asking = new AbortController();
    try {
      const found = await get(url("/api/users", { q: input.value.trim(), role, disabled: false, limit: LIMIT }), { signal: abort.signal });
      act((core) => core.meet(...found));
      if (asking === abort) show(found);
    } catch (error) {
      if (!abort.signal.aborted) fill(note, errorText(error));
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(active + step);
    else if (event.key === "Enter") pick(people[active]);
    else return;
    event.preventDefault();
  });
  ask();
  return { node, input, again: ask };
}
