// Shows where a value stands in the résumé: marked values open a quotation on hover, focus and tap.

import { bdi, fill, h } from "../dom.js";

const SHOW_MS = 90;
const HIDE_MS = 180;
const MARGIN = 12;
let ids = 0;

/** @typedef {{ quote: string, start: number, end: number }} Quote */

/** The quotations of one profile and the popover they share. */
export class Evidence {
  /** @param {Record<string, Quote>} quotes by path, such as `experience[1].company` */
  constructor(quotes) {
    this.quotes = quotes ?? {};
    this.popover = h("div", { class: "evidence-popover", id: `evidence-${ids += 1}`, role: "tooltip", data: { testid: "evidence-popover" } });
    this.popover.hidden = true;
    /** @type {HTMLElement | null} */
    this.anchor = null;
    this.pinned = false;
    this.timer = 0;
    this.popover.addEventListener("pointerenter", () => clearTimeout(this.timer));
    this.popover.addEventListener("pointerleave", () => this.hideSoon());
    this.listening = new AbortController();
    const { signal } = this.listening;
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") this.hide(); }, { signal });
    document.addEventListener("pointerdown", (event) => this.outside(event), { signal });
    addEventListener("resize", () => { if (this.anchor) this.place(this.anchor); }, { signal });
  }

  has(path) {
    return typeof this.quotes[path]?.quote === "string" && this.quotes[path].quote.trim() !== "";
  }

  get count() {
    return Object.keys(this.quotes).filter((path) => this.has(path)).length;
  }

  /** A value as text; as a button that shows its quotation, if it has one. */
  mark(path, value, className = "") {
    if (!this.has(path)) return bdi(value, { class: className || null });
    const button = h("button", { type: "button", class: `evidence ${className}`.trim(), dir: "auto", data: { testid: "evidence", path } }, value);
    this.attach(button, path, String(value), true);
    return button;
  }

  /** Hangs the quotation of a path on any element; `toggle`: a press pins it, which a link needs for itself. */
  attach(node, path, value, toggle = false) {
    if (!this.has(path)) return node;
    node.setAttribute("aria-describedby", this.popover.id);
    const { quote } = this.quotes[path];
    const show = () => this.show(node, quote, value);
    node.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse" && !this.pinned) this.later(show, SHOW_MS);
    });
    node.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") this.hideSoon(); });
    node.addEventListener("focus", () => { if (node.matches(":focus-visible")) show(); });
    node.addEventListener("blur", () => { if (this.anchor === node) this.hide(); });
    if (toggle) node.addEventListener("click", () => this.toggle(node, show));
    return node;
  }

  toggle(node, show) {
    if (this.anchor === node && this.pinned) {
      this.hide();
      return;
    }
    show();
    this.pinned = true;
  }

  show(node, quote, value) {
    clearTimeout(this.timer);
    if (this.anchor !== node) this.pinned = false;
    this.anchor?.classList.remove("is-open");
    this.anchor = node;
    node.classList.add("is-open");
    fill(this.popover, h("p", { class: "evidence-title" }, "In your résumé"),
      h("blockquote", { dir: "auto" }, highlighted(quote, value)));
    this.popover.hidden = false;
    this.place(node);
  }

  hideSoon() {
    if (!this.pinned) this.later(() => { if (document.activeElement !== this.anchor) this.hide(); }, HIDE_MS);
  }

  hide() {
    clearTimeout(this.timer);
    this.anchor?.classList.remove("is-open");
    this.anchor = null;
    this.pinned = false;
    this.popover.hidden = true;
  }

  later(action, ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(action, ms);
  }

  outside(event) {
    const inside = this.popover.contains(event.target) || this.anchor?.contains(event.target);
    if (!inside) this.hide();
  }

  /** Above the value if there is room, else below; never beyond the window's edges. */
  place(node) {
    const target = node.getClientRects()[0] ?? node.getBoundingClientRect();
    const box = this.popover.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const left = Math.max(MARGIN, Math.min(target.left, width - box.width - MARGIN));
    const above = target.top - box.height - 8;
    const top = above > MARGIN ? above : target.bottom + 8;
    this.popover.style.setProperty("left", `${Math.round(left + scrollX)}px`);
    this.popover.style.setProperty("top", `${Math.round(top + scrollY)}px`);
  }

  dispose() {
    this.hide();
    this.listening.abort();
    this.popover.remove();
  }
}

/** The quotation with the value itself marked in it, where it occurs literally. */
function highlighted(quote, value) {
  const lower = quote.toLowerCase();
  // Lower-casing may change lengths in some scripts; then the positions would lie.
  const at = lower.length === quote.length ? lower.indexOf(value.toLowerCase()) : -1;
  if (at < 0 || value.length === 0) return quote;
  return [quote.slice(0, at), h("mark", null, quote.slice(at, at + value.length)), quote.slice(at + value.length)];
}
