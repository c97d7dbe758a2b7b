// The conversation as a text file.
import { speaker } from "./log";
import type { Language, Line } from "./types";
import { WORDS } from "./words";

export function download(lines: Line[], language: Language): void {
  const words = WORDS[language];
  const rows = lines.filter((line) => line.from !== "notice").map((line) => {
    const time = new Date(line.at).toLocaleString(words.locale);
    const photo = line.attachments?.length ? `[${words.photo}]` : "";
    return `${time}  ${speaker(line, language)}: ${[line.text, photo].filter(Boolean).join(" ")}`;
  });
  // a byte order mark: some programs take UTF-8 for something else without one
  const address = URL.createObjectURL(new Blob([`\uFEFF${words.title}\n\n${rows.join("\n\n")}\n`], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `chat-${new Date().toISOString().slice(0, 10)}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
