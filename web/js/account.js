// What the server does with one's own account.

import { del, get, post, put, request, url } from "./api.js";

/**
 * @typedef {{ at: string, user: import("./store.js").User | null, job_id: string, action: "status" | "result" | "export" }} Access
 *   `user`: who of the staff looked; null: their account is gone
 */

const PAGE = 20;

export const EXPORT = "/api/users/me/export";

/** Every other session ends. */
export const changePassword = (current, next) => post("/api/auth/password", { json: { current_password: current, new_password: next } });

/** @param {string | null} cursor @returns {Promise<{ data: Access[], nextCursor: string | null }>} */
export const accesses = (cursor) => request("GET", url("/api/users/me/access-log", { limit: PAGE, cursor }));

/** Files and all that was made of them take a while. */
export const erase = (password) => del("/api/users/me", { json: { password }, patience: 120_000 });

/** How others see whether one is here. @returns {Promise<boolean>} */
export const isShownOnline = async () => (await get("/api/users/me")).is_online;
export const showOnline = (isOnline) => put("/api/users/status", { json: { isOnline } });
