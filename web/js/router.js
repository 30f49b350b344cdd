// A small router on the address's hash: `#/jobs/<id>` finds its view, moves the focus, and cleans up the last one.

import { fill } from "./dom.js";

/**
 * @typedef {{ node: Element, title: string, dispose?: () => void }} View
 * @typedef {{ pattern: RegExp, view: (...params: string[]) => View, access: "member" | "guest" | "any" }} Route
 */

const APP = "Greenroom";

export class Router {
  /**
   * @param {Element} outlet
   * @param {Route[]} routes the first that matches wins; the last must match everything
   * @param {(route: Route, path: string) => string | null} guard another path to go to instead, or null
   */
  constructor(outlet, routes, guard) {
    this.outlet = outlet;
    this.routes = routes;
    this.guard = guard;
    /** @type {View | null} */
    this.current = null;
    this.visited = false;
    addEventListener("hashchange", () => this.show());
  }

  get path() {
    return location.hash.startsWith("#/") ? location.hash.slice(1) : "/";
  }

  /** Goes to a path; `replace` leaves no trace in the history. */
  go(path, { replace = false } = {}) {
    if (replace) history.replaceState(null, "", `#${path}`);
    else if (this.path !== path) {
      location.hash = path;
      return;
    }
    this.show();
  }

  show() {
    if (location.hash && !location.hash.startsWith("#/")) return;
    const path = this.path;
    const route = this.routes.find((candidate) => candidate.pattern.test(path));
    const elsewhere = this.guard(route, path);
    if (elsewhere !== null) {
      this.go(elsewhere, { replace: true });
      return;
    }
    this.mount(route.view(...route.pattern.exec(path).slice(1)));
  }

  mount(view) {
    this.current?.dispose?.();
    this.current = view;
    fill(this.outlet, view.node);
    document.title = view.title === APP ? APP : `${view.title} · ${APP}`;
    scrollTo(0, 0);
    // A new page was opened: the focus goes to its heading, except at the very first, where the browser decides.
    if (this.visited) view.node.querySelector("h1")?.focus({ preventScroll: true });
    this.visited = true;
  }
}
