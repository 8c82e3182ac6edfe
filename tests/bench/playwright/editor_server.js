// The editor of Node-RED on a free loopback port, without a network beyond it: node editor_server.js MODULES FOLDER
// MODULES is where its packages are, FOLDER is where it keeps its flows. Prints its URL when it is up.
"use strict";

const http = require("node:http");
const path = require("node:path");

async function main(modules, folder) {
  const express = require(path.join(modules, "express"));
  const red = require(path.join(modules, "node-red"));
  const app = express(), server = http.createServer(app);
  red.init(server, {
    httpAdminRoot: "/",
    httpNodeRoot: "/api",
    userDir: folder,
    flowFile: "flows.json",
    credentialSecret: "benchmark",
    telemetry: { enabled: false },
    logging: { console: { level: "off" } },
    editorTheme: { tours: false, palette: { catalogues: [] } },
  });
  app.use("/", red.httpAdmin);
  app.use("/api", red.httpNode);
  await new Promise((resolve, reject) => server.on("error", reject).listen(0, "127.0.0.1", resolve));
  await red.start();
  console.log(`http://127.0.0.1:${server.address().port}/`);
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
