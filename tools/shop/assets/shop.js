// The shop's own script: puts things in the cart without leaving the page, and keeps /live alive.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.add");
  if (!button) return;
  button.disabled = true;
  try {
    const answer = await fetch("/cart/add", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "id=" + button.dataset.id,
    });
    if (!answer.ok) throw new Error("the shop answered " + answer.status);
    const cart = await answer.json();
    document.getElementById("cart-count").textContent = cart.count;
    notice(cart.name + " is in your cart", "added");
  } catch (problem) {
    notice("That did not work: " + problem.message, "problem");
  } finally {
    button.disabled = false;
  }
});

function notice(text, kind) {
  document.querySelector(".notice")?.remove();
  const box = document.createElement("div");
  box.className = "notice " + kind;
  box.setAttribute("role", "status");
  box.textContent = text;
  document.body.append(box);
}

const stock = document.getElementById("stock");
if (stock) {
  const state = document.getElementById("connection");
  const again = document.getElementById("count-again");
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/live/socket?from=page", "stock");
  let asked = 0;
  socket.onopen = () => { state.textContent = "connected"; again.disabled = false; };
  socket.onclose = () => { state.textContent = "closed"; again.disabled = true; };
  socket.onmessage = (event) => {
    const news = JSON.parse(event.data);
    stock.textContent = news.stock;
    if (asked === 0) return;
    asked--;
    const line = document.createElement("li");
    line.textContent = news.stock + " pieces";
    document.getElementById("counts").append(line);
  };
  again.onclick = () => { asked++; socket.send("count"); };
}
