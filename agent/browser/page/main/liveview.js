// The events of LiveView's client that start and stop a load have the same detail object, which tells what belongs
// together; ../liveview.js is told of it as a number.

const numbers = new WeakMap();
const { get: getNumber, set: setNumber } = WeakMap.prototype;
let loads = 0;

function onLoad(event, isStart) {
  try {
    const detail = apply(getDetail, event, []), kind = detail.kind;
    if (isStart) apply(setNumber, numbers, [detail, ++loads]);
    const number = apply(getNumber, numbers, [detail]);
    tell("load", [isStart, number === undefined ? 0 : number, typeof kind === "string" ? kind : ""]);
  } catch {
    // an event of the client's name that is not the client's
  }
}

window.addEventListener("phx:page-loading-start", (event) => onLoad(event, true), true);
window.addEventListener("phx:page-loading-stop", (event) => onLoad(event, false), true);
