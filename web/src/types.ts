// What travels between the page and the server (docs/openapi.json).

export type Language = "en" | "zh";

export interface Choice {
  title: string;
  payload: string;
}

export interface OrderCard {
  kind?: "order";
  order_number: string;
  status: string;
  type?: string; // goods | digital | membership
  items?: { name: string; quantity: number }[];
  total?: string;
  eta?: string;
  carrier?: string;
  tracking_number?: string;
}

export interface ProductCard {
  kind?: "product";
  product_id: string;
  name?: string;
  price?: string;
  stock?: string;
  details?: string[];
  image?: string;
}

export type Card = OrderCard | ProductCard;

export interface Said {
  seq: number;
  from: "customer" | "assistant" | "agent";
  text: string;
  at: string;
  buttons?: Choice[];
  image?: string;
  custom?: { card?: Card; cards?: Card[] };
  attachments?: string[];
  message_id?: string;
}

export interface Session {
  session_id: string;
  token: string;
  expires_at: string;
  customer: { name: string } | null;
}

export interface Refused {
  error: { code: string; message: string };
  retry_after?: number | null;
}

export interface Accepted {
  seq: number;
  message_id: string;
  at: string;
}

// What stands in the log: said, on its way, or a notice of the page's own.
export interface Line extends Omit<Said, "from" | "seq"> {
  key: string;
  seq: number | null;
  from: Said["from"] | "notice";
  state: "sending" | "sent" | "failed";
  payload?: string;
  reason?: string;
  file?: Blob;
  rated?: "up" | "down";
}
