// What failures leave behind: pictures and what was known of their pages. The files are in artifacts/ beside the report;
// what the report needs to be read without them is in its data.
"use strict";

const pathOf = (file) => `artifacts/${encodeURIComponent(file)}`;

function fileLink(file, words) {
  return file ? h("a", { href: pathOf(file), target: "_blank", rel: "noopener" }, words) : null;
}

// A picture that is not there, since the report was moved without its folder, says where it was.
function picture(file, words, attributes) {
  const image = h("img", { src: pathOf(file), alt: words, loading: "lazy", ...attributes });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "gone small soft" }, `${pathOf(file)} is not beside this report`)));
  return image;
}

// One dialog for the whole page, filled anew each time.
let viewer = null;
function openViewer(title, ...content) {
  if (!viewer) {
    viewer = h("dialog", { class: "viewer" });
    viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());
    document.body.append(viewer);
  }
  viewer.setAttribute("aria-label", title);
  viewer.replaceChildren(
    h("header", null, h("strong", null, title), h("button", { type: "button", class: "close", onclick: () => viewer.close() }, "Close")),
    h("div", { class: "inside" }, content));
  viewer.showModal();
}

function lines(title, text) {
  return text ? [h("h4", null, title), h("pre", { tabindex: "0" }, text.trimEnd())] : null;
}

function evidenceDetails(sample) {
  return [
    h("p", { class: "code small" }, sample.detail),
    sample.url ? h("p", { class: "small" }, "on ", h("span", { class: "code" }, sample.url)) : null,
    sample.missing ? h("p", { class: "note small" }, sample.missing) : null,
    lines("Console, the last lines", sample.console), lines("Last requests", sample.requests),
    h("p", { class: "links small" }, fileLink(sample.picture, "picture"), fileLink(sample.page, "page"), fileLink(sample.notes, "notes")),
  ];
}

function evidenceItem(sample) {
  const where = `user ${sample.user}, iteration ${sample.iteration}, operation ${sample.step}`;
  const enlarge = () => openViewer(where, sample.picture ? picture(sample.picture, `The page of ${where}`) : null, evidenceDetails(sample));
  const face = sample.picture ? picture(sample.picture, "") : h("span", { class: "blank" }, "no picture");
  return h("li", null, h("button", { type: "button", class: "thumb", onclick: enlarge, "aria-label": `What ${where} saw` }, face),
    h("span", { class: "small soft" }, `user ${sample.user}, iteration ${sample.iteration}`));
}

// The tail of the console stands open under the thumbnails: it often is the answer.
function evidenceOf(scenario, signature) {
  const samples = scenario.failures.filter((failure) => failure.signature === signature && failure.url !== undefined);
  if (!samples.length) return null;
  const tail = (samples.find((sample) => sample.console) || { console: "" }).console.trimEnd().split("\n").slice(-3).join("\n");
  return h("div", { class: "evidence" }, h("ul", { class: "thumbs" }, samples.slice(0, 4).map(evidenceItem)),
    samples[0].url ? h("p", { class: "example small soft" }, "on ", h("span", { class: "code" }, samples[0].url)) : null,
    tail ? h("pre", { class: "tail small" }, tail) : null);
}

function shotItem(shot) {
  const where = `user ${shot.user}, iteration ${shot.iteration}`;
  return h("li", null, h("button", { type: "button", class: "thumb", onclick: () => openViewer(`${shot.label}: ${where}`, picture(shot.name, shot.label)),
    "aria-label": `${shot.label} of ${where}` }, picture(shot.name, "")), h("span", { class: "small" }, shot.label), h("span", { class: "small soft" }, where));
}

function artifactsSection(scenario) {
  const shots = scenario.artifacts.filter((artifact) => artifact.kind === "screenshot");
  const logs = scenario.artifacts.filter((artifact) => artifact.kind === "log");
  if (!shots.length && !logs.length) return null;
  const SHOWN = 12;
  return section("Screenshots and logs", "Taken and written by the scenario; the files are in artifacts/ beside this report.",
    shots.length ? h("ul", { class: "thumbs" }, shots.slice(0, SHOWN).map(shotItem)) : null,
    shots.length > SHOWN ? h("p", { class: "small soft" }, `and ${format.count(shots.length - SHOWN)} more in artifacts/`) : null,
    logs.length ? h("ul", { class: "files" }, logs.map((log) => h("li", null, fileLink(log.name, `log of ${log.node}`),
      h("span", { class: "soft" }, ` ${format.bytes(log.bytes)}${log.whole ? "" : ", not whole"}`)))) : null);
}
