// What every client here needs: requests with a token, and sockets that are read frame by frame. No dependencies:
// `fetch` and `WebSocket` are the browser's own, and Node's (22 and later; 20 with --experimental-websocket).

export class Client {
  constructor(base) {
    this.base = base.replace(/\/$/, "");
  }

  /** A new account with a made-up name. */
  static async register(base, name) {
    const client = new Client(base);
    const username = `${name}_${Math.random().toString(16).slice(2, 10)}`;
    const form = { username, email: `${username}@example.com`, password: "correct horse", name };
    return client.signedIn(await client.post("/api/auth/register", form));
  }

  static async login(base, username, password) {
    const client = new Client(base);
    return client.signedIn(await client.post("/api/auth/login", { username, password }));
  }

  signedIn({ token, user }) {
    this.token = token;
    this.user = user;
    return this;
  }

  async request(method, path, body) {
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    const isForm = body instanceof FormData;
    if (body && !isForm) headers["Content-Type"] = "application/json";
    const answer = await fetch(this.base + path, { method, headers, body: isForm ? body : JSON.stringify(body) });
    const content = await answer.json();
    // every error has a title, a sentence that says what to do, and a stable code
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${content.code}: ${content.message}`);
    return content;
  }

  get = (path) => this.request("GET", path);
  post = (path, body = {}) => this.request("POST", path, body);
  put = (path, body = {}) => this.request("PUT", path, body);
  delete = (path) => this.request("DELETE", path);

  /** Opens a socket. A browser sets no headers on it, so a ticket signs in: it counts once, within 30 seconds. */
  async open(path) {
    const { ticket } = await this.post("/api/ws/ticket");
    const url = new URL(path, this.base.replace(/^http/, "ws"));
    url.searchParams.set("ticket", ticket);
    return Socket.open(url);
  }
}

export class Socket {
  #frames = [];
  #waiting = [];

  static open(url) {
    const socket = new Socket();
    return new Promise((resolve, reject) => {
      socket.web = new WebSocket(url);
      socket.web.onopen = () => resolve(socket);
      socket.web.onerror = () => reject(new Error(`${url.pathname}: the socket was refused`));
      socket.web.onmessage = ({ data }) => socket.#take(JSON.parse(data));
      socket.web.onclose = ({ code, reason }) => socket.#take({ type: "closed", code, reason });
    });
  }

  #take(frame) {
    const reader = this.#waiting.shift();
    if (reader) reader(frame);
    else this.#frames.push(frame);
  }

  send(frame) {
    this.web.send(JSON.stringify(frame));
  }

  /** The next frame, whatever it is. */
  async next() {
    return this.#frames.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next frame of this type; others are passed over. */
  async wait(type) {
    for (;;) {
      const frame = await this.next();
      if (frame.type === type) return frame;
      if (frame.type === "closed") throw new Error(`closed with ${frame.code} ${frame.reason}`);
    }
  }

  close() {
    this.web.close(1000);
  }
}

/** Runs an example from the command line; in a browser, import its function and call it. */
export function command(run) {
  if (typeof process === "undefined") return;
  run(process.argv[2] ?? "http://localhost:8081", ...process.argv.slice(3)).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
