// The start page: hand in a résumé, and see all that were handed in.

import { fill, h, reconcile } from "../dom.js";
import { loadMoreUploads, loadUploads } from "../resumes.js";
import { getState, isReachable, subscribe } from "../store.js";
import { dropZone } from "./drop-zone.js";
import { loadError } from "./load-error.js";
import { uploadCard } from "./upload-card.js";

/** @returns {import("../router.js").View} */
export function homeView() {
  const list = uploadList();
  const user = getState().user;
  const zone = dropZone();
  list.load();
  return {
    title: "Your résumés",
    node: h("div", { class: "page" },
      h("header", { class: "page-head" },
        h("h1", { tabindex: "-1", data: { testid: "home-title" } }, "Welcome, ", h("bdi", null, firstName(user)), "."),
        h("p", { class: "lead" }, "Hand in a résumé, take a seat, and read what it says about you.")),
      zone.node,
      list.node),
    dispose: () => { zone.dispose(); list.dispose(); },
  };
}

/** Names without spaces, as in Japanese, stay whole. */
const firstName = (user) => (user?.name || user?.username || "").split(/\s+/)[0];

function uploadList() {
  const known = new Map();
  const items = h("ul", { class: "uploads", data: { testid: "upload-list" } });
  const note = h("div", { class: "list-note" });
  const more = h("button", { type: "button", class: "button", data: { testid: "show-more" } }, "Show more");
  const title = h("h2", { id: "uploads-title", tabindex: "-1" }, "Your résumés");

  const render = () => {
    const { uploads, uploadsLoaded, nextCursor } = getState();
    reconcile(items, uploads, (upload) => String(upload.id), uploadCard, known);
    more.hidden = !nextCursor;
    if (uploadsLoaded) fill(note, uploads.length === 0 && emptyNote());
  };
  let loading = false;
  const load = async () => {
    if (getState().uploadsLoaded || loading) return;
    loading = true;
    fill(note, skeleton());
    try {
      await loadUploads();
    } catch (error) {
      if (getState().user) fill(note, loadError(error, load));
    } finally {
      loading = false;
    }
  };
  more.addEventListener("click", async () => {
    more.disabled = true;
    const before = getState().uploads.length;
    try {
      await loadMoreUploads();
      fill(note);
      [...items.children][before]?.querySelector("h3")?.focus();
    } catch (error) {
      fill(note, loadError(error, () => more.click()));
    } finally {
      more.disabled = false;
    }
  });
  const stops = [
    subscribe(["uploads", "uploadsLoaded", "nextCursor", "jobs"], render),
    subscribe(["connection"], (state) => { if (isReachable(state)) load(); }),
  ];
  render();
  return {
    load, dispose: () => stops.forEach((stop) => stop()),
    node: h("section", { class: "resumes", "aria-labelledby": "uploads-title" }, title, items, note, h("div", { class: "center" }, more)),
  };
}

function emptyNote() {
  return h("div", { class: "empty", data: { testid: "empty-list" } },
    h("p", { class: "empty-title" }, "The stage is still empty."),
    h("p", null, "Your first résumé will appear here with its analysis."));
}

function skeleton() {
  return h("div", { role: "status" }, h("span", { class: "sr-only" }, "Loading your résumés …"),
    h("div", { class: "skeleton" }), h("div", { class: "skeleton" }));
}
