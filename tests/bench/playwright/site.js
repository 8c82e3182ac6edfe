// The small page that both drivers use, and its server: a button that fetches and adds a row, a form that is answered.
"use strict";

const http = require("node:http");

const PAGE = `<!doctype html>
<html><head><title>Small page</title></head><body>
<h1>Small page</h1>
<button id="add">Add a row</button>
<ul id="rows"></ul>
<form id="form"><input id="name" name="name"><button id="send">Send</button></form>
<p id="answer" hidden></p>
<script>
document.querySelector("#add").addEventListener("click", async () => {
  const text = await (await fetch("/row")).text();
  const row = document.createElement("li");
  row.className = "row";
  row.textContent = text;
  document.querySelector("#rows").append(row);
});
document.querySelector("#form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = encodeURIComponent(document.querySelector("#name").value);
  const answer = document.querySelector("#answer");
  answer.textContent = await (await fetch("/answer?name=" + name)).text();
  answer.hidden = false;
});
</script></body></html>`;

function respond(request, response) {
  const url = new URL(request.url, "http://localhost");
  const bodies = { "/": PAGE, "/row": "a row", "/answer": `Hello, ${url.searchParams.get("name")}` };
  const body = bodies[url.pathname];
  const type = url.pathname === "/" ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
  response.writeHead(body ? 200 : 404, { "content-type": type, "cache-control": "no-store" });
  response.end(body || "");
}

// Listens on a free loopback port; resolves to { url, close }.
function startSite() {
  const server = http.createServer(respond);
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const close = () => (server.closeAllConnections(), server.close());
      resolve({ url: `http://127.0.0.1:${server.address().port}/`, close });
    });
  });
}

module.exports = { startSite };

if (require.main === module) startSite().then((site) => console.log(site.url));
