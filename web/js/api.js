// Speaks to the server: JSON requests, the upload with its progress, and one kind of error for both.

const TIMEOUT_MS = 20_000;

/** What went wrong, in the server's own words where there are any. `status` 0: the server was not reached. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {any} body the server's answer, if it was JSON
   * @param {number | null} retryAt when a new attempt makes sense, in milliseconds since the epoch
   */
  constructor(status, body, retryAt = null) {
    super(body?.message || body?.error || fallbackMessage(status));
    this.status = status;
    this.title = body?.error ?? null;
    this.code = body?.code ?? null;
    this.field = body?.field ?? null;
    this.body = body ?? null;
    this.retryAt = retryAt;
  }

  get unreachable() {
    return this.status === 0;
  }
}

function fallbackMessage(status) {
  if (status === 0) return "The server can’t be reached. Check your connection, then try again.";
  if (status === 401) return "Please sign in again.";
  if (status === 413) return "That is too large for the server.";
  if (status === 429) return "Too many requests in a short time.";
  if (status >= 500) return "The server has a problem of its own. Please try again in a moment.";
  return `The server refused the request (${status}).`;
}

/** @type {() => void} */
let onUnauthorized = () => {};

/** @param {() => void} handler called when the server no longer knows who we are */
export function setUnauthorizedHandler(handler) {
  onUnauthorized = handler;
}

/** 128 random bits; `crypto.randomUUID` is missing on plain http. */
export function newIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** `/path?query` with empty values left out. */
export function url(path, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}

/**
 * @param {string} method
 * @param {string} path with its query
 * @param {{ json?: any, key?: string, signal?: AbortSignal, anonymous?: boolean, patience?: number }} [options]
 *   `key`: the Idempotency-Key; `anonymous`: a 401 is an answer here, not the end of the session; `patience`: milliseconds
 * @returns {Promise<{ data: any, nextCursor: string | null }>}
 */
export async function request(method, path, options = {}) {
  const headers = { Accept: "application/json" };
  if (options.json !== undefined) headers["Content-Type"] = "application/json";
  if (options.key) headers["Idempotency-Key"] = options.key;
  const timeout = AbortSignal.timeout(options.patience ?? TIMEOUT_MS);
  let response;
  try {
    response = await fetch(path, {
      method, headers, credentials: "same-origin", cache: "no-cache",
      body: options.json === undefined ? undefined : JSON.stringify(options.json),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(0, null);
  }
  const body = parse(await response.text().catch(() => ""));
  if (!response.ok) throw failure(response.status, body, response.headers.get("Retry-After"), options.anonymous);
  if (body === null) throw new ApiError(0, null); // cut off half-way
  return { data: body, nextCursor: response.headers.get("X-Next-Cursor") };
}

export const get = async (path, options) => (await request("GET", path, options)).data;
export const post = async (path, options) => (await request("POST", path, options)).data;
export const put = async (path, options) => (await request("PUT", path, options)).data;
export const del = async (path, options) => (await request("DELETE", path, options)).data;

/**
 * Sends a résumé. XMLHttpRequest, since fetch tells nothing of an upload's progress.
 * @param {FormData} form
 * @param {{ key: string, onProgress: (fraction: number) => void, signal: AbortSignal }} options
 * @returns {Promise<any>}
 */
export function upload(form, { key, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", "/api/upload");
    xhr.setRequestHeader("Accept", "application/json");
    xhr.setRequestHeader("Idempotency-Key", key);
    xhr.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    });
    xhr.addEventListener("error", () => reject(new ApiError(0, null)));
    xhr.addEventListener("abort", () => reject(new DOMException("Cancelled", "AbortError")));
    xhr.addEventListener("load", () => {
      const body = parse(xhr.responseText);
      if (xhr.status >= 200 && xhr.status < 300 && body) resolve(body);
      else reject(failure(xhr.status, body, xhr.getResponseHeader("Retry-After")));
    });
    signal.addEventListener("abort", () => xhr.abort());
    xhr.send(form);
  });
}

function failure(status, body, retryAfter, anonymous = false) {
  if (status === 401 && !anonymous) onUnauthorized();
  return new ApiError(status, body, retryTime(retryAfter));
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** Retry-After is seconds or an HTTP date (RFC 9110, 10.2.3). */
function retryTime(header) {
  if (!header) return null;
  const at = /^\d+$/.test(header.trim()) ? Date.now() + Number(header) * 1000 : Date.parse(header);
  return Number.isFinite(at) ? at : null;
}
