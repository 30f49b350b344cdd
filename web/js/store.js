// What the page knows: one object, changed only by `set`, watched by `subscribe`.

/**
 * @typedef {{ id: number, username: string, name: string, email: string, role: string, created_at: string }} User
 * @typedef {{ id: number, filename: string, file_name?: string, file_size: number, linkedin_url: string | null,
 *   upload_date: string, created_at?: string }} Upload
 * @typedef {{ job_id: string, upload_id: number, status: string, progress: number, current_step: string,
 *   error_message: string | null, attempt: number, queue_position?: number, created_at: string, updated_at: string,
 *   completed_at: string | null }} Job
 * @typedef {"idle" | "connecting" | "live" | "polling" | "offline" | "stopped"} Connection
 * @typedef {"resumes" | "interview" | "library" | "rehearsal" | "conversations" | "account"} Section
 * @typedef {{ user: User | null, uploads: Upload[], uploadsLoaded: boolean, nextCursor: string | null,
 *   jobs: Map<string, Job>, connection: Connection, section: Section | null, unread: number, waiting: number }} State
 *   `section`: which part of the page is open; `unread`: messages in all conversations that wait to be read;
 *   `waiting`: customers who wait for a coach, as far as coaches are told
 */

/** @returns {State} */
const blank = () => ({
  user: null, uploads: [], uploadsLoaded: false, nextCursor: null, jobs: new Map(), connection: "idle",
  section: null, unread: 0, waiting: 0,
});

let state = blank();
/** @type {Set<{ keys: string[], fn: (state: State) => void }>} */
const watchers = new Set();

export const getState = () => state;

/** Whether asking the server makes sense now. @param {State} current */
export const isReachable = (current) => current.connection === "live" || current.connection === "polling";

/** @param {Partial<State>} patch */
export function set(patch) {
  const changed = Object.keys(patch).filter((key) => state[key] !== patch[key]);
  if (changed.length === 0) return;
  state = { ...state, ...patch };
  for (const watcher of [...watchers]) {
    if (watchers.has(watcher) && watcher.keys.some((key) => changed.includes(key))) watcher.fn(state);
  }
}

/** Forgets everything, as after signing out. */
export function reset() {
  const { section } = state;
  set({ ...blank(), section });
}

/**
 * @param {(keyof State)[]} keys
 * @param {(state: State) => void} fn called after one of the keys changed
 * @returns {() => void} stops watching
 */
export function subscribe(keys, fn) {
  const watcher = { keys, fn };
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
