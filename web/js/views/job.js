// One analysis on its own page: the steps while it runs, then the profile.

import { fill, h, icon } from "../dom.js";
import { errorText } from "../format.js";
import { fetchJob, fetchResult } from "../resumes.js";
import { announce } from "../notify.js";
import { setTitle } from "../router.js";
import { getState, isReachable, subscribe } from "../store.js";
import { jobCard } from "./job-card.js";
import { profile } from "./profile.js";

/** @param {import("../router.js").Place} place @returns {import("../router.js").View} */
export function jobView({ params: [rawId] }) {
  const page = new JobPage(rawId.toLowerCase());
  page.load();
  return { title: "Analysis", node: page.node, dispose: () => page.dispose() };
}

class JobPage {
  constructor(id) {
    this.id = id;
    this.abort = new AbortController();
    this.body = h("div", { class: "job-page" });
    this.node = h("div", { class: "page" },
      h("p", { class: "crumbs" }, h("a", { href: "#/", data: { testid: "back" } }, icon("back"), "All résumés")), this.body);
    /** @type {ReturnType<typeof jobCard> | null} */
    this.card = null;
    this.profile = null;
    this.unreached = false;
    this.stops = [
      subscribe(["jobs"], () => this.render()),
      subscribe(["connection"], (state) => { if (this.unreached && isReachable(state)) this.load(); }),
    ];
    this.heading("Opening the analysis …");
  }

  heading(text) {
    fill(this.body, h("h1", { tabindex: "-1" }, text));
  }

  get job() {
    return getState().jobs.get(this.id);
  }

  async load() {
    this.unreached = false;
    try {
      if (!this.job) await fetchJob(this.id);
      this.render();
    } catch (error) {
      this.fail(error);
    }
  }

  render() {
    const { job } = this;
    if (this.abort.signal.aborted || !job) return;
    if (job.status === "completed") this.openProfile();
    else this.showProgress(job);
  }

  showProgress(job) {
    this.profile = null;
    if (this.card) {
      this.card.update(job);
      return;
    }
    const name = getState().uploads.find((upload) => upload.id === job.upload_id)?.filename ?? "your résumé";
    this.card = jobCard(job, name, { standalone: true, onDeleted: () => { location.hash = "/"; } });
    this.heading("The analysis");
    this.body.append(h("div", { class: "panel" }, this.card.node));
  }

  async openProfile() {
    if (this.profile) return;
    this.profile = { dispose() {} };
    try {
      const result = await fetchResult(this.id, this.abort.signal);
      if (this.abort.signal.aborted) return;
      const waited = this.card !== null;
      this.card = null;
      this.profile = profile(result);
      fill(this.body, this.profile.node);
      if (result.name) setTitle(result.name);
      if (waited) announce("The profile is ready.");
      this.body.querySelector("h1").focus({ preventScroll: true });
    } catch (error) {
      this.profile = null;
      this.fail(error);
    }
  }

  fail(error) {
    if (this.abort.signal.aborted || error.status === 401) return;
    this.card = null;
    this.unreached = error.unreachable;
    if (error.status === 404) {
      this.heading("This analysis is not here");
      this.body.append(h("p", null, "It was deleted, or it belongs to another account."));
      return;
    }
    this.heading("The analysis could not be opened");
    this.body.append(h("div", { class: "alert bad", role: "alert" },
      h("p", { dir: "auto" }, errorText(error)),
      h("button", { type: "button", class: "button small", on: { click: () => this.load() } }, "Try again")));
  }

  dispose() {
    this.abort.abort();
    for (const stop of this.stops) stop();
    this.profile?.dispose();
  }
}
