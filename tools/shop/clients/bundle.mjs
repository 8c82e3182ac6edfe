// Run at build time: node bundle.mjs OUT.js PACKAGES_FOLDER
//
// Puts the clients of Phoenix, as their packages publish them for a script element, into one file, each under its
// licence. They leave the globals Phoenix and LiveView.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [out, folder] = process.argv.slice(2);

function client(name) {
  const read = (path) => readFileSync(join(folder, "node_modules", name, path), "utf8").trim();
  return `/*\n${name}\n\n${read("LICENSE.md")}\n*/\n${read(`priv/static/${name}.min.js`)}\n`;
}

writeFileSync(out, client("phoenix") + client("phoenix_live_view"));
