// What outlives a reload and is shared by all tabs. Storage may be full or forbidden: then nothing outlives.
import type { Language, Session } from "./types";

export interface Waiting {
  session_id: string;
  message_id: string;
  message: string;
  text: string;
  attachments?: string[];
  at: string;
}

interface Kept {
  session: Session & { who: string };
  waiting: Waiting[];
  language: Language;
  seen: { session_id: string; seq: number };
  ratings: Record<string, "up" | "down">;
}

const PREFIX = "kefu.";

export function recall<K extends keyof Kept>(name: K): Kept[K] | null {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

export function keep<K extends keyof Kept>(name: K, value: Kept[K] | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // the conversation goes on in this tab
  }
}

export function onOtherTab(listener: (name: string) => void): void {
  addEventListener("storage", (event) => {
    if (event.key?.startsWith(PREFIX)) listener(event.key.slice(PREFIX.length));
  });
}
