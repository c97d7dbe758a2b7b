// Builds the page and the widget into kefu/channels/web, and writes down which sources they were built from:
// a test of the project compares the digests, so that CI needs no node.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "kefu", "channels", "web");
const OTHER_SOURCES = ["build.mjs", "index.html", "package-lock.json", "package.json", "tsconfig.json"];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await bundle("chat", "src/main.ts");
await bundle("widget", "src/widget.ts");
copyFileSync(join(here, "index.html"), join(out, "index.html"));
const sources = [...OTHER_SOURCES, ...readdirSync(join(here, "src")).map((name) => `src/${name}`)];
const built = { sources: digest(here, sources), files: digest(out, readdirSync(out)) };
writeFileSync(join(out, "build.json"), `${JSON.stringify(built, null, 1)}\n`);

async function bundle(name, entry) {
  await build({
    root: here,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      outDir: out,
      emptyOutDir: false,
      target: "es2021",
      modulePreload: false,
      cssCodeSplit: false, // a file of its own: the page runs under a policy without inline style
      rollupOptions: {
        input: join(here, entry),
        output: { format: "iife", entryFileNames: `${name}.js`, assetFileNames: `${name}[extname]` },
      },
    },
  });
}

function digest(folder, names) {
  const sum = createHash("sha256");
  for (const name of [...names].sort()) {
    sum.update(`${name}\n`).update(createHash("sha256").update(readFileSync(join(folder, name))).digest("hex")).update("\n");
  }
  return sum.digest("hex");
}
