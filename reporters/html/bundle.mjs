// Run at build time: node bundle.mjs PAGE.html OUT.html [OTHER_FOLDER]
//
// Puts every style sheet and script that PAGE names into OUT itself, so that a report needs no other file. What is not
// beside PAGE is looked for in OTHER_FOLDER, where npm put its packages. Licences of packages travel along.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [page, out, other = "."] = process.argv.slice(2);

function read(path) {
  const beside = join(dirname(page), path);
  return readFileSync(existsSync(beside) ? beside : join(other, path), "utf8").trim();
}

// The licence of the package a path belongs to, as a comment; "" for our own files.
function licence(path) {
  const match = path.match(/^node_modules\/[^/]+\//);
  return match ? `/*\n${read(`${match[0]}LICENSE`)}\n*/\n` : "";
}

function script(path) {
  const text = read(path);
  if (/<\/script|<!--/i.test(text)) throw new Error(`${path} holds text that would end its own script element`);
  return `<script>\n${licence(path)}${text}\n</script>`;
}

const bundled = readFileSync(page, "utf8")
  .replace(/<link rel="stylesheet" href="([^"]+)">/g, (_, path) => `<style>\n${licence(path)}${read(path)}\n</style>`)
  .replace(/<script src="([^"]+)"><\/script>/g, (_, path) => script(path));
if (/<(script|link|img)[^>]+(src|href)="(?!data:)/.test(bundled)) throw new Error("something is still fetched from outside");
writeFileSync(out, bundled);
