// Hands in one résumé: dropped, chosen or by keyboard; uploads it with progress, then starts the analysis.

import { newIdempotencyKey, upload } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { errorText, size } from "../format.js";
import { addUpload, startAnalysis } from "../resumes.js";
import { announce, toast } from "../notify.js";
import { ACCEPT, damaged, filesProblem, linkedinAddress, linkedinProblem } from "./file-check.js";
import { field, formAlert, showFormError } from "./form.js";

export function dropZone() {
  const zone = new DropZone();
  return { node: zone.node, dispose: () => zone.leave() };
}

class DropZone {
  constructor() {
    /** @type {File | null} */
    this.file = null;
    /** One key per content: sending the same again after a broken line stores it once. */
    this.key = "";
    /** @type {AbortController | null} */
    this.abort = null;
    this.input = h("input", { type: "file", id: "resume-file", class: "sr-only", accept: ACCEPT, data: { testid: "file-input" },
      "aria-describedby": "drop-limits" });
    this.linkedin = field({ name: "linkedin_url", label: "LinkedIn address (optional)", type: "url", inputmode: "url",
      placeholder: "https://www.linkedin.com/in/…", maxlength: 500, autocomplete: "url", testid: "linkedin-input" });
    this.alert = formAlert("upload-error");
    this.stage = h("div", { class: "drop-stage" });
    this.node = h("form", { class: "drop-zone", novalidate: true, "aria-label": "Hand in a résumé", data: { testid: "drop-zone" } },
      this.stage, this.alert.node);
    this.listen();
    this.showEmpty();
  }

  /** Another page is opened: an upload under way would go on unseen. */
  leave() {
    if (!this.abort) return;
    this.abort.abort();
    toast("The upload was cancelled because you left the page.");
  }

  listen() {
    this.input.addEventListener("change", () => { if (this.input.files.length) this.choose(this.input.files); });
    this.linkedin.input.addEventListener("input", () => { this.key = newIdempotencyKey(); });
    this.node.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    let depth = 0;
    const over = (on) => this.node.classList.toggle("is-over", on);
    this.node.addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; over(true); });
    this.node.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) { depth = 0; over(false); } });
    this.node.addEventListener("dragover", (event) => {
      event.preventDefault();
      event.dataTransfer.dropEffect = this.abort ? "none" : "copy";
    });
    this.node.addEventListener("drop", (event) => {
      event.preventDefault();
      depth = 0;
      over(false);
      if (!this.abort) this.choose(event.dataTransfer.files);
    });
  }

  choose(files) {
    const problem = filesProblem(files);
    this.alert.set(problem);
    const [file] = files;
    this.input.value = "";
    if (problem) return;
    this.file = file;
    this.key = newIdempotencyKey();
    this.showChosen();
    announce(`${file.name} is chosen.`);
  }

  showEmpty() {
    this.file = null;
    fill(this.stage, h("div", { class: "drop-invite" },
      h("span", { class: "drop-icon", "aria-hidden": "true" }, icon("upload")),
      h("p", { class: "drop-title" }, "Drop your résumé here"),
      h("p", { class: "drop-or" }, "or"),
      this.input,
      h("label", { class: "button primary", for: "resume-file", data: { testid: "choose-file" } }, "Choose a file"),
      h("p", { class: "hint", id: "drop-limits" }, "One PDF, DOC or DOCX file of at most 10 MB, with text that can be selected: a scan has none.")));
  }

  showChosen() {
    const submit = h("button", { type: "submit", class: "button primary", data: { testid: "upload-submit" } }, icon("spark"), "Upload and analyse");
    fill(this.stage,
      h("div", { class: "chosen" },
        h("span", { class: "file-icon" }, icon("file")),
        h("div", { class: "chosen-text" },
          h("p", { class: "chosen-name", dir: "auto", data: { testid: "chosen-name" } }, this.file.name),
          h("p", { class: "hint" }, size(this.file.size))),
        h("button", { type: "button", class: "icon-button", "aria-label": "Choose another file", title: "Choose another file", data: { testid: "choose-another" },
          on: { click: () => { this.alert.set(null); this.showEmpty(); this.input.focus(); } } }, icon("close"))),
      this.linkedin.node,
      h("div", { class: "actions end" }, submit));
    submit.focus({ preventScroll: true });
  }

  showSending() {
    const bar = h("progress", { class: "bar", max: 1, "aria-label": "Upload", data: { testid: "upload-progress" } });
    bar.value = 0;
    const percent = h("span", { class: "percent" }, "0 %");
    const text = h("p", null, "Uploading ", h("bdi", null, this.file.name));
    fill(this.stage, h("div", { class: "sending" },
      h("div", { class: "sending-line" }, text, percent), bar,
      h("div", { class: "actions end" },
        h("button", { type: "button", class: "button small", data: { testid: "upload-cancel" }, on: { click: () => this.abort?.abort() } }, "Cancel"))));
    return (fraction) => {
      bar.value = fraction;
      percent.textContent = `${Math.round(fraction * 100)} %`;
      if (fraction >= 1) fill(text, "Checking ", h("bdi", null, this.file.name), " …");
    };
  }

  async send() {
    if (this.abort || !this.file) return;
    const linkedin = linkedinAddress(this.linkedin.input.value);
    this.linkedin.input.value = linkedin;
    const problem = linkedinProblem(linkedin);
    this.linkedin.setError(problem);
    this.alert.set(null);
    if (problem) {
      this.linkedin.input.focus();
      return;
    }
    const form = new FormData();
    if (linkedin) form.append("linkedin_url", linkedin);
    form.append("file", this.file);
    this.abort = new AbortController();
    try {
      const stored = await upload(form, { key: this.key, onProgress: this.showSending(), signal: this.abort.signal });
      this.stored(stored);
    } catch (error) {
      this.showChosen();
      if (error.code === "INVALID_FILE_TYPE") this.alert.set(`${errorText(error)}. ${damaged(this.file.name)}`);
      else if (error.name !== "AbortError") showFormError(error, { linkedin_url: this.linkedin }, this.alert);
    } finally {
      this.abort = null;
    }
  }

  async stored(stored) {
    const key = `${this.key}-start`;
    addUpload(stored);
    this.linkedin.input.value = "";
    this.showEmpty();
    announce("Uploaded. The analysis begins.");
    this.input.focus({ preventScroll: true });
    try {
      await startAnalysis(stored.id, key);
    } catch (error) {
      toast(`The résumé is stored, but its analysis did not start. ${errorText(error)} Then press “Analyse” beside it.`, { kind: "bad" });
    }
  }
}
