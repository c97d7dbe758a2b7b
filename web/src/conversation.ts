// The conversation itself: what was said, what is on its way, and the two ways to the server.
import { type Socket, io } from "socket.io-client";

import * as api from "./api";
import { keep, recall, type Waiting } from "./kept";
import type { Accepted, Language, Line, Refused, Said, Session } from "./types";

const ACKNOWLEDGED_WITHIN = 8000;
const OURS = new Set(["bad_token", "no_token", "other_session"]); // refusals that end a conversation

export interface Listener {
  changed(): void; // lines, typing or connection are others than before
  ended(): void; // the server does not know the conversation any more
}

export class Conversation {
  lines: Line[] = [];
  session: (Session & { who: string }) | null = null;
  writing = false;
  connected = false;
  language: Language = "en";
  private last = 0;
  private socket: Socket | null = null;
  private sending: Promise<void> = Promise.resolve();
  private asking = 0;

  constructor(private readonly listener: Listener) {}

  // --- beginning and end

  async open(language: Language, who: string, token: string | null): Promise<void> {
    this.leave();
    this.language = language;
    const session = await api.openSession(language, token);
    this.session = { ...session, who };
    keep("session", this.session);
    keep("waiting", null);
    keep("ratings", null);
    this.connect();
    this.listener.changed();
  }

  // Goes on with a conversation that this browser has open; false where the server does not know it any more.
  async resume(session: Session & { who: string }): Promise<boolean> {
    this.session = session;
    try {
      await this.sync();
    } catch (error) {
      if (error instanceof api.Failure && error.status === 401) return false;
    }
    const ratings = recall("ratings") ?? {};
    for (const line of this.lines) if (line.seq !== null) line.rated = ratings[line.seq];
    const waiting = (recall("waiting") ?? []).filter((one) => one.session_id === session.session_id);
    for (const one of waiting) if (!this.lines.some((line) => line.message_id === one.message_id)) this.sendAgain(one);
    this.connect();
    this.listener.changed();
    return true;
  }

  leave(): void {
    this.socket?.disconnect();
    this.socket = null;
    this.session = null;
    this.lines = [];
    this.last = 0;
    this.asking = 0;
    this.writing = this.connected = false;
  }

  // --- sending

  say(text: string, payload = text, file?: Blob): void {
    const id = newId();
    const line: Line = {
      key: id, message_id: id, seq: null, from: "customer", text, payload, file,
      at: new Date().toISOString(), state: "sending",
    };
    this.lines.push(line);
    this.dispatch(line);
  }

  retry(line: Line): void {
    if (line.state !== "failed") return;
    line.state = "sending";
    line.reason = undefined;
    this.dispatch(line);
  }

  rate(line: Line, rating: "up" | "down"): void {
    if (!this.session || line.seq === null) return;
    line.rated = rating;
    keep("ratings", { ...recall("ratings"), [line.seq]: rating });
    api.rate(this.session, { seq: line.seq, rating }).catch(() => undefined);
    this.listener.changed();
  }

  notice(text: string): void {
    this.lines.push({ key: newId(), seq: null, from: "notice", text, at: new Date().toISOString(), state: "sent" });
    this.listener.changed();
  }

  get unfinished(): boolean {
    return this.lines.some((line) => line.state === "sending");
  }

  private sendAgain(one: Waiting): void {
    const line: Line = {
      key: one.message_id, message_id: one.message_id, seq: null, from: "customer", text: one.text,
      payload: one.message, attachments: one.attachments, at: one.at, state: "sending",
    };
    this.lines.push(line);
    this.dispatch(line);
  }

  // One at a time, so that they arrive in the order in which they were written.
  private dispatch(line: Line): void {
    this.listener.changed();
    this.remember();
    this.sending = this.sending.then(() => this.deliver(line)).then(() => {
      this.remember();
      this.listener.changed();
    });
  }

  private async deliver(line: Line): Promise<void> {
    const session = this.session;
    if (!session || line.state !== "sending" || line.seq !== null) return;
    try {
      if (line.file && !line.attachments) line.attachments = [await api.upload(session, line.file)];
      if (!(this.connected && (await this.overSocket(line)))) await this.overRest(session, line);
      line.state = "sent";
    } catch (error) {
      if (this.session !== session) return;
      const failure = error instanceof api.Failure ? error : new api.Failure("unavailable", String(error), 0);
      line.state = "failed";
      line.reason = failure.code;
      if (OURS.has(failure.code)) this.listener.ended();
    }
  }

  // False where the server did not acknowledge: the same message goes over REST then, under the same id.
  private async overSocket(line: Line): Promise<boolean> {
    let answer: Accepted | Refused;
    try {
      answer = await this.socket!.timeout(ACKNOWLEDGED_WITHIN).emitWithAck("user_uttered", this.body(line));
    } catch {
      return false;
    }
    if ("error" in answer) throw new api.Failure(answer.error.code, answer.error.message, 0);
    line.seq ??= answer.seq;
    return true;
  }

  private async overRest(session: Session, line: Line): Promise<void> {
    this.asking += 1;
    this.listener.changed();
    try {
      await api.send(session, this.body(line));
      if (this.session === session) await this.sync();
    } finally {
      this.asking -= 1;
    }
  }

  private body(line: Line) {
    const attachments = line.attachments?.length ? { attachments: line.attachments } : {};
    return { message: line.payload ?? line.text, message_id: line.message_id!, language: this.language, ...attachments };
  }

  private remember(): void {
    const session = this.session;
    if (!session) return;
    const open = this.lines.filter((line) => line.from === "customer" && line.seq === null && (!line.file || line.attachments));
    keep("waiting", open.map((line) => ({
      session_id: session.session_id, message_id: line.message_id!, message: line.payload ?? line.text,
      text: line.text, attachments: line.attachments, at: line.at,
    })));
  }

  // --- what is said

  get isWriting(): boolean {
    return this.writing || this.asking > 0;
  }

  private async sync(): Promise<void> {
    const session = this.session;
    if (!session) return;
    for (;;) {
      const page = await api.messagesAfter(session, this.last);
      if (this.session !== session || !page.length) break;
      page.forEach((said) => this.take(said));
    }
    this.listener.changed();
  }

  private take(said: Said): void {
    if (said.seq <= this.last) return;
    this.last = said.seq;
    const mine = said.message_id ? this.lines.find((line) => line.message_id === said.message_id) : undefined;
    if (mine) {
      Object.assign(mine, { seq: said.seq, at: said.at, state: "sent", attachments: said.attachments ?? mine.attachments });
      this.settle(mine);
    } else {
      this.insert({ ...said, key: said.message_id ?? `s${said.seq}`, state: "sent" });
    }
    if (said.from !== "customer") this.writing = false;
  }

  // What has a number stands in its order; what is on its way stays below it.
  private insert(line: Line): void {
    const place = this.lines.findIndex((other) => other.from === "customer" && other.seq === null);
    if (place < 0) this.lines.push(line);
    else this.lines.splice(place, 0, line);
  }

  private settle(line: Line): void {
    this.lines = this.lines.filter((other) => other !== line);
    this.insert(line);
    this.remember();
  }

  // --- the connection

  private connect(): void {
    const session = this.session;
    if (!session) return;
    const socket = io({
      path: "/socket.io",
      query: { s: session.session_id },
      auth: (tell) => tell({ token: session.token, seq: this.last }),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 400,
      reconnectionDelayMax: 3000,
      forceNew: true,
    });
    this.socket = socket;
    socket.on("session_confirm", () => this.online(true));
    socket.on("disconnect", () => this.online(false));
    socket.on("typing", (data: { on: boolean }) => {
      this.writing = data.on;
      this.listener.changed();
    });
    for (const name of ["user_uttered", "bot_uttered", "agent_uttered"]) {
      socket.on(name, (said: Said) => {
        this.take(said);
        this.listener.changed();
      });
    }
    socket.on("connect_error", (error: Error & { data?: { code?: string } }) => {
      if (error.data?.code && OURS.has(error.data.code)) this.listener.ended();
      // a refusal by the server ends the client's own attempts
      else if (!socket.active) setTimeout(() => this.socket === socket && socket.connect(), 3000);
    });
  }

  private online(now: boolean): void {
    this.connected = now;
    if (!now) this.writing = false;
    else for (const line of this.lines) if (line.state === "failed" && line.reason === "network") this.retry(line);
    this.listener.changed();
  }
}

function newId(): string {
  if (crypto.randomUUID) return crypto.randomUUID(); // not there on plain http
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
