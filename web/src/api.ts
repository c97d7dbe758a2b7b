// The REST interface.
import type { Language, Refused, Said, Session } from "./types";

const SECONDS = 20;

export class Failure extends Error {
  constructor(readonly code: string, readonly words: string, readonly status: number) {
    super(words);
  }
}

// Whose conversation a call is about. The id is for routing: several servers may stand behind one address.
export type Caller = Pick<Session, "session_id" | "token">;

interface Sent {
  message: string;
  message_id: string;
  attachments?: string[];
  language: Language;
}

async function call(method: string, address: string, given: { body?: unknown; form?: FormData; caller?: Caller } = {}): Promise<Response> {
  const headers: Record<string, string> = {};
  if (given.body !== undefined) headers["Content-Type"] = "application/json";
  if (given.caller) {
    headers.Authorization = `Bearer ${given.caller.token}`;
    headers["X-Kefu-Session"] = given.caller.session_id;
  }
  const body = given.form ?? (given.body === undefined ? undefined : JSON.stringify(given.body));
  let answer: Response;
  try {
    answer = await fetch(address, { method, headers, body, signal: AbortSignal.timeout(SECONDS * 1000) });
  } catch {
    throw new Failure("network", "", 0);
  }
  if (answer.ok) return answer;
  const refused: Refused | null = await answer.json().catch(() => null);
  throw new Failure(refused?.error?.code ?? "unavailable", refused?.error?.message ?? "", answer.status);
}

export async function openSession(language: Language, customerToken: string | null): Promise<Session> {
  const wish = { language, ...(customerToken ? { customer_token: customerToken } : {}) };
  return (await call("POST", "/chat/sessions", { body: wish })).json();
}

export async function demoCustomers(): Promise<{ customer_id: string; name: string }[]> {
  return (await (await call("GET", "/chat/demo")).json()).customers;
}

export async function demoToken(customerId: string): Promise<string> {
  return (await (await call("POST", "/chat/demo-token", { body: { customer_id: customerId } })).json()).customer_token;
}

export async function send(caller: Caller, message: Sent): Promise<void> {
  await call("POST", "/webhooks/rest/webhook", { body: message, caller });
}

export async function messagesAfter(caller: Caller, seq: number): Promise<Said[]> {
  return (await (await call("GET", `/chat/messages?after=${seq}`, { caller })).json()).messages;
}

export async function upload(caller: Caller, file: Blob): Promise<string> {
  const form = new FormData();
  form.append("file", file, "photo");
  return (await (await call("POST", "/chat/attachments", { form, caller })).json()).attachment_id;
}

export async function attachment(caller: Caller, id: string): Promise<Blob> {
  return (await call("GET", `/chat/attachments/${encodeURIComponent(id)}`, { caller })).blob();
}

export async function rate(caller: Caller, opinion: Record<string, unknown>): Promise<void> {
  await call("POST", "/chat/feedback", { body: opinion, caller });
}
