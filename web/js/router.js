// A small router on the address's hash: `#/library?q=rust` finds its view, moves the focus, and cleans up the last one.

import { fill } from "./dom.js";
import { getState, set, subscribe } from "./store.js";

/**
 * @typedef {{ params: string[], query: URLSearchParams }} Place what the address says beyond the view:
 *   the groups of the route's pattern, and what follows the question mark
 * @typedef {{ node: Element, title: string, dispose?: () => void, update?: (place: Place) => void }} View
 *   `update`: the address changed, but still leads to this view; without it the view is made anew
 * @typedef {{ pattern: RegExp, view: (place: Place) => View, access: "member" | "guest" | "any",
 *   section?: import("./store.js").Section }} Route `section`: the part of the page that the navigation marks
 */

const APP = "Greenroom";

/** The address of a place: `address("/library", { q: "rust" })` is `#/library?q=rust`; empty values are left out. */
export function address(path, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return pairs.length ? `#${path}?${new URLSearchParams(pairs)}` : `#${path}`;
}

/** Writes what a view shows into the address, for a reload or a link; no view is opened and history does not grow. */
export function remember(path, query = {}) {
  history.replaceState(null, "", address(path, query));
}

let named = APP;

/** Puts a name in the title of the window, and before it how many wait for a coach. */
export function setTitle(title) {
  named = title;
  const { waiting } = getState();
  document.title = [waiting > 0 && `(${waiting} waiting)`, named, named !== APP && `· ${APP}`].filter(Boolean).join(" ");
}
subscribe(["waiting"], () => setTitle(named));

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
    /** @type {Route | null} */
    this.route = null;
    this.visited = false;
    addEventListener("hashchange", () => this.show());
  }

  /** The path with its query. */
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
    const { path } = this;
    const [pathname, search = ""] = path.split(/\?(.*)/s);
    const route = this.routes.find((candidate) => candidate.pattern.test(pathname));
    const elsewhere = this.guard(route, path);
    if (elsewhere !== null) {
      this.go(elsewhere, { replace: true });
      return;
    }
    const place = { params: route.pattern.exec(pathname).slice(1), query: new URLSearchParams(search) };
    if (route === this.route && this.current?.update) this.current.update(place);
    else this.mount(route, place);
  }

  /** Makes the view anew, even if it is the one that is open: somebody else signed in. */
  renew() {
    this.route = null;
    this.show();
  }

  mount(route, place) {
    this.current?.dispose?.();
    this.route = route;
    set({ section: route.section ?? null });
    this.current = route.view(place);
    fill(this.outlet, this.current.node);
    setTitle(this.current.title);
    scrollTo(0, 0);
    // A new page was opened: the focus goes to its heading, except at the very first, where the browser decides.
    if (this.visited) this.current.node.querySelector("h1")?.focus({ preventScroll: true });
    this.visited = true;
  }
}
