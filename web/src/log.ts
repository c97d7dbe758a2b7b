// The log: one node a line, made once and changed only where its line changed.
import * as api from "./api";
import { cardNode } from "./cards";
import type { Conversation } from "./conversation";
import { h, icon, put } from "./dom";
import type { Language, Line } from "./types";
import { WORDS } from "./words";

const TOGETHER = 3 * 60 * 1000; // lines of one speaker within this time share one time stamp

export interface Acts {
  press(line: Line, place: number): void;
}

interface Shown {
  node: HTMLElement;
  print: string;
}

export class Log {
  readonly node = h("div", { id: "log", class: "log", role: "log", "aria-live": "polite", tabindex: 0 });
  private shown = new Map<string, Shown>();
  private pictures = new Map<string, string>();

  constructor(private readonly talk: Conversation, private readonly acts: Acts) {}

  clear(): void {
    this.shown.clear();
    for (const address of this.pictures.values()) URL.revokeObjectURL(address);
    this.pictures.clear();
    this.node.replaceChildren();
  }

  draw(language: Language, pressed: Map<string, number>): void {
    const lines = this.talk.lines;
    const lastAsked = lines.map((line) => line.from).lastIndexOf("customer");
    const used = new Set<string>();
    let before: Node | null = null;
    lines.forEach((line, place) => {
      const open = place > lastAsked;
      const stamp = stampAt(lines, place, language);
      const day = dayAt(lines, place, language);
      const choice = pressed.get(line.key) ?? pressedLater(lines, place);
      const print = JSON.stringify([language, line.state, line.reason, line.rated, line.attachments, open, stamp, day, choice, line.seq === null]);
      used.add(line.key);
      let shown = this.shown.get(line.key);
      if (!shown || shown.print !== print) {
        const node = this.make(line, { language, open, stamp, day, choice });
        if (shown) shown.node.replaceWith(node);
        shown = { node, print };
        this.shown.set(line.key, shown);
      }
      const wanted: ChildNode | null = before ? before.nextSibling : this.node.firstChild;
      if (wanted !== shown.node) this.node.insertBefore(shown.node, wanted);
      before = shown.node;
    });
    for (const [key, shown] of this.shown) {
      if (used.has(key)) continue;
      shown.node.remove();
      this.shown.delete(key);
    }
  }

  private make(line: Line, how: { language: Language; open: boolean; stamp: string; day: string; choice: number | null }): HTMLElement {
    const { language, open } = how;
    const words = WORDS[language];
    const row = h("div", { class: `row ${line.from}` });
    if (how.day) put(row, h("div", { class: "day" }, how.day));
    const bubble = h("div", { class: `line ${line.from}${line.state === "failed" ? " failed" : ""}` });
    if (line.from !== "notice") put(bubble, h("span", { class: "unseen" }, `${speaker(line, language)}: `));
    if (line.from === "agent") put(bubble, h("span", { class: "name", "aria-hidden": "true" }, words.agent));
    if (line.text) put(bubble, h("span", { class: "text" }, line.text));
    for (const address of this.picturesOf(line)) put(bubble, address);
    if (line.image && /^https:|^\//.test(line.image)) put(bubble, h("img", { src: line.image, alt: "", loading: "lazy" }));
    put(row, bubble);
    for (const card of cardsOf(line)) put(row, cardNode(card, language));
    if (line.buttons?.length) put(row, this.replies(line, words.replies, open, how.choice));
    put(row, this.foot(line, how.stamp, language));
    return row;
  }

  private replies(line: Line, name: string, open: boolean, choice: number | null): HTMLElement {
    return h("div", { class: "replies", role: "group", "aria-label": name }, ...line.buttons!.map((button, place) =>
      h("button", {
        type: "button", disabled: !open, "aria-pressed": open ? null : String(choice === place),
        click: () => this.acts.press(line, place),
      }, button.title)));
  }

  private foot(line: Line, stamp: string, language: Language): HTMLElement | null {
    const words = WORDS[language];
    if (line.state === "failed") {
      const reason = words.reasons[line.reason ?? ""] ?? words.reasons.unavailable;
      return h("div", { class: "foot problem" }, h("span", {}, `${words.failed}. ${reason}`),
        h("button", { type: "button", class: "link", click: () => this.talk.retry(line) }, words.retry));
    }
    if (line.state === "sending") return h("div", { class: "foot" }, words.sending);
    const thumbs = (line.from === "assistant" || line.from === "agent") && line.seq !== null ? this.thumbs(line, language) : null;
    if (!stamp && !thumbs) return null;
    const mark = line.from === "customer" ? ` · ${words.sent}` : "";
    return h("div", { class: "foot" }, stamp && h("time", { datetime: line.at }, stamp + mark), thumbs);
  }

  private thumbs(line: Line, language: Language): HTMLElement {
    const words = WORDS[language];
    const thumb = (rating: "up" | "down", name: string) =>
      h("button", {
        type: "button", class: "thumb", "aria-label": name, title: name, "aria-pressed": String(line.rated === rating),
        click: () => this.talk.rate(line, rating),
      }, icon(rating));
    return h("span", { class: `thumbs${line.rated ? " rated" : ""}` }, thumb("up", words.helpful), thumb("down", words.unhelpful));
  }

  private picturesOf(line: Line): HTMLElement[] {
    if (!line.attachments?.length && !line.file) return [];
    const shown = (address: string | null) => h("img", { class: "photo", src: address, alt: WORDS.en.photo });
    if (line.file) return [shown(this.local(line.key, line.file))];
    return line.attachments!.map((id) => {
      const known = this.pictures.get(id);
      const image = shown(known ?? null);
      if (!known) void this.fetched(id, image);
      return image;
    });
  }

  private local(key: string, file: Blob): string {
    const address = this.pictures.get(key) ?? URL.createObjectURL(file);
    this.pictures.set(key, address);
    return address;
  }

  // An address alone shows nothing: a picture is given to the conversation's token only.
  private async fetched(id: string, image: HTMLImageElement): Promise<void> {
    const session = this.talk.session;
    if (!session) return;
    try {
      const address = URL.createObjectURL(await api.attachment(session, id));
      this.pictures.set(id, address);
      image.src = address;
    } catch {
      image.remove();
    }
  }
}

function cardsOf(line: Line) {
  const custom = line.custom;
  return [...(custom?.card ? [custom.card] : []), ...(Array.isArray(custom?.cards) ? custom.cards : [])];
}

export function speaker(line: Line, language: Language): string {
  const words = WORDS[language];
  return line.from === "customer" ? words.you : line.from === "agent" ? words.agent : words.assistant;
}

// After a reload: a customer's next words that are a button's title were its press.
function pressedLater(lines: Line[], place: number): number | null {
  const buttons = lines[place]!.buttons;
  const next = buttons && lines.slice(place + 1).find((line) => line.from === "customer");
  const found = next ? buttons.findIndex((button) => button.title === next.text) : -1;
  return found < 0 ? null : found;
}

function stampAt(lines: Line[], place: number, language: Language): string {
  const line = lines[place]!;
  if (line.from === "notice") return "";
  const next = lines[place + 1];
  if (next && next.from === line.from && Date.parse(next.at) - Date.parse(line.at) < TOGETHER) return "";
  return new Date(line.at).toLocaleTimeString(WORDS[language].locale, { hour: "2-digit", minute: "2-digit" });
}

function dayAt(lines: Line[], place: number, language: Language): string {
  const day = (line?: Line) => (line ? new Date(line.at).toDateString() : "");
  const here = day(lines[place]);
  if (here === day(lines[place - 1])) return "";
  const today = new Date();
  if (here === today.toDateString()) return place ? WORDS[language].today : "";
  if (here === new Date(today.getTime() - 86400e3).toDateString()) return WORDS[language].yesterday;
  return new Date(lines[place]!.at).toLocaleDateString(WORDS[language].locale, { day: "numeric", month: "long" });
}
