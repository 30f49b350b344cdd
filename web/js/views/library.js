// The library: every answer that was saved, to be found, edited and removed.

import { analysisName } from "../analyses.js";
import { CATEGORIES, DIFFICULTIES, library } from "../coach.js";
import { fill, h, icon, setText } from "../dom.js";
import { announce } from "../notify.js";
import { address, remember } from "../router.js";
import { isReachable, subscribe } from "../store.js";
import { field } from "./form.js";
import { loadError } from "./load-error.js";
import { savedCard } from "./saved-card.js";
import { analysisField } from "./select-analysis.js";

const TYPING_MS = 250;
const KEYS = ["q", "category", "difficulty", "tag", "job"];

/** @param {import("../router.js").Place} place @returns {import("../router.js").View} */
export function libraryView({ query }) {
  const page = new LibraryPage(filterOf(query));
  page.load();
  return {
    title: "Library", node: page.node,
    update: ({ query: next }) => page.refine(filterOf(next)),
    dispose: () => page.dispose(),
  };
}

const filterOf = (query) => Object.fromEntries(KEYS.map((key) => [key, query.get(key) ?? ""]));

class LibraryPage {
  constructor(filter) {
    this.filter = filter;
    this.abort = new AbortController();
    this.unreached = false;
    this.cursor = null;
    /** Tags seen so far, to choose from. */
    this.tags = new Set(filter.tag ? [filter.tag] : []);
    this.list = h("ol", { class: "question-list", data: { testid: "library-list" } });
    this.tally = h("p", { class: "hint", role: "status", data: { testid: "library-tally" } });
    this.note = h("div", { class: "list-note" });
    this.more = h("button", { type: "button", class: "button", data: { testid: "library-more" }, on: { click: () => this.loadMore() } }, "Show more");
    this.more.hidden = true;
    this.controls = this.makeControls();
    this.node = h("div", { class: "page" },
      h("header", { class: "page-head with-actions" },
        h("div", null,
          h("h1", { tabindex: "-1", data: { testid: "library-title" } }, "Library"),
          h("p", { class: "lead" }, "The answers you keep. In a rehearsal they are found again, also by a question in other words.")),
        this.rehearse = h("a", { class: "button primary", href: "#/rehearsal", data: { testid: "library-rehearse" } }, icon("stage"), "Rehearse")),
      this.controls.node, this.tally, this.list, this.note, h("div", { class: "center" }, this.more));
    this.stop = subscribe(["connection"], (state) => { if (this.unreached && isReachable(state)) this.load(); });
    this.named = this.analysis.load().catch(() => { /* then the cards have no names of résumés; the list says what is wrong */ });
  }

  makeControls() {
    const { filter } = this;
    const scope = "library";
    const every = (name, label, list, all) => field({ scope, name, as: "select", label, testid: `filter-${name}`, value: filter[name],
      options: [["", all], ...list.map((item) => [item, item])] });
    this.analysis = analysisField({ scope, label: "Résumé", testid: "filter-job", value: filter.job, first: [["", "All résumés"]] });
    this.fields = {
      q: field({ scope, name: "q", label: "Search", type: "search", testid: "filter-q", value: filter.q, maxlength: 200, dir: "auto", placeholder: "Words of a question or an answer", autocomplete: "off" }),
      category: every("category", "Category", CATEGORIES, "All"),
      difficulty: every("difficulty", "Difficulty", DIFFICULTIES, "All"),
      tag: field({ scope, name: "tag", label: "Tag", testid: "filter-tag", value: filter.tag, maxlength: 50, list: "library-tags", dir: "auto", autocomplete: "off", autocapitalize: "none", placeholder: "All" }),
      job: this.analysis,
    };
    this.tagList = h("datalist", { id: "library-tags" });
    this.clear = h("button", { type: "button", class: "button small quiet", data: { testid: "filter-clear" }, on: { click: () => this.refine(filterOf(new URLSearchParams())) } }, icon("close"), "Clear the filters");
    const node = h("form", { class: "filters", role: "search", "aria-label": "Filter the library" },
      Object.values(this.fields).map(({ node: entry }) => entry), this.tagList, h("div", { class: "filters-clear" }, this.clear));
    node.addEventListener("submit", (event) => { event.preventDefault(); this.read(); });
    node.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.read(), TYPING_MS);
    });
    return { node };
  }

  /** Takes what stands in the controls. */
  read() {
    clearTimeout(this.typing);
    const next = Object.fromEntries(KEYS.map((key) => [key, this.fields[key].input.value.trim()]));
    if (KEYS.some((key) => next[key] !== this.filter[key])) this.apply(next);
  }

  /** Shows another choice, in the controls too. */
  refine(filter) {
    for (const key of KEYS) {
      if (key === "job") this.analysis.choose(filter.job);
      else this.fields[key].input.value = filter[key];
    }
    this.apply(filter);
  }

  apply(filter) {
    this.filter = filter;
    this.load();
  }

  get isFiltered() {
    return KEYS.some((key) => this.filter[key] !== "");
  }

  ask(cursor) {
    this.asking?.abort();
    this.asking = new AbortController();
    const { q, category, difficulty, tag, job } = this.filter;
    const signal = AbortSignal.any([this.abort.signal, this.asking.signal]);
    return library({ q, category, difficulty, tags: tag, job_id: job }, cursor, signal);
  }

  async load() {
    this.unreached = false;
    remember("/library", this.filter);
    this.clear.hidden = !this.isFiltered;
    this.rehearse.href = address("/rehearsal", { job: this.filter.job });
    if (this.list.childElementCount === 0) fill(this.note, skeleton());
    this.list.setAttribute("aria-busy", "true");
    try {
      const [{ data, nextCursor }] = await Promise.all([this.ask(null), this.named]);
      fill(this.list);
      fill(this.note);
      this.add(data, nextCursor);
    } catch (error) {
      this.fail(error, () => this.load());
    }
  }

  async loadMore() {
    this.more.disabled = true;
    const before = this.list.childElementCount;
    try {
      const { data, nextCursor } = await this.ask(this.cursor);
      this.add(data, nextCursor);
      this.list.children[before]?.querySelector("h2")?.focus();
    } catch (error) {
      this.fail(error, () => this.loadMore());
    } finally {
      this.more.disabled = false;
    }
  }

  add(rows, cursor) {
    this.list.removeAttribute("aria-busy");
    this.cursor = cursor;
    this.more.hidden = cursor === null;
    for (const row of rows) {
      for (const tag of row.tags) this.tags.add(tag);
      this.list.append(this.card(row));
    }
    fill(this.tagList, [...this.tags].sort((a, b) => a.localeCompare(b)).map((tag) => h("option", { value: tag })));
    this.count();
  }

  card(row) {
    const item = h("li", null);
    const { node } = savedCard(row, {
      analysisName,
      tagHref: (tag) => address("/library", { ...this.filter, tag }),
      onDeleted: () => {
        const next = item.nextElementSibling ?? item.previousElementSibling;
        item.remove();
        this.count();
        announce("The question is deleted.");
        (next?.querySelector("h2") ?? this.node.querySelector("h1")).focus();
      },
    });
    item.append(node);
    return item;
  }

  count() {
    const shown = this.list.childElementCount;
    const words = `${shown}${this.cursor ? " and more" : ""} ${shown === 1 && !this.cursor ? "question" : "questions"}`;
    setText(this.tally, shown === 0 ? "" : `${words}${this.isFiltered ? " found" : ""}`);
    if (shown === 0) fill(this.note, this.isFiltered ? nothingFound(() => this.refine(filterOf(new URLSearchParams()))) : nothingYet());
  }

  fail(error, retry) {
    if (error.name === "AbortError" || this.abort.signal.aborted || error.status === 401) return;
    this.list.removeAttribute("aria-busy");
    this.unreached = error.unreachable;
    fill(this.note, loadError(error, retry));
  }

  dispose() {
    clearTimeout(this.typing);
    this.abort.abort();
    this.stop();
    this.analysis.dispose();
  }
}

function skeleton() {
  return h("div", { role: "status" }, h("span", { class: "sr-only" }, "Loading the library …"),
    h("div", { class: "skeleton tall" }), h("div", { class: "skeleton tall" }));
}

function nothingYet() {
  return h("div", { class: "empty", data: { testid: "library-empty" } },
    h("p", { class: "empty-title" }, "No answers yet."),
    h("p", null, "Let questions be written from your résumé, and save the answers you would give."),
    h("p", null, h("a", { class: "button primary", href: "#/interview" }, icon("cards"), "To the questions")));
}

function nothingFound(clear) {
  return h("div", { class: "empty", data: { testid: "library-nothing" } },
    h("p", { class: "empty-title" }, "Nothing fits these filters."),
    h("p", null, h("button", { type: "button", class: "button", on: { click: clear } }, "Clear the filters")));
}
