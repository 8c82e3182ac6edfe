// Building the page. Text from a run enters only as text nodes and attribute values, never as markup.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

// h("td", { class: "number" }, "12", child, …)
function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

let lastId = 0;
function freshId(prefix) {
  return `${prefix}-${++lastId}`;
}

function empty(sentence) {
  return h("p", { class: "empty" }, sentence);
}

function section(title, note, ...content) {
  const id = freshId("section");
  return h("section", { "aria-labelledby": id, "data-title": title },
    h("h3", { id }, title), note ? h("p", { class: "note" }, note) : null, content);
}

// columns: [{ label, kind: "name" | "number" | "reading" | "text" | "wide", title }]; a reading is a number with words
function headRow(columns) {
  return h("thead", null, h("tr", null, columns.map((column) =>
    h("th", { scope: "col", class: column.kind || "text", title: column.title }, column.label))));
}

// The first cell of a row is its header.
function bodyRow(columns, cells, attributes) {
  return h("tr", attributes, cells.map((cell, i) =>
    i === 0 ? h("th", { scope: "row", class: columns[i].kind || "text" }, cell)
            : h("td", { class: columns[i].kind || "text" }, cell)));
}

// A table that scrolls sideways on its own, so that the page never does. `body` is a list of rows or of tbodies.
function table(caption, columns, body) {
  const bodies = body.length && body[0].tagName === "TBODY" ? body : [h("tbody", null, body)];
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", null, h("caption", { class: "unseen" }, caption), headRow(columns), bodies));
}
