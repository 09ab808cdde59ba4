// The bench: lamps that follow their pins, handsets and lines that follow the simulated world, and the form for a call.
import { post } from "./app.js";
import { count, setNow } from "./clocks.js";
import { morph } from "./morph.js";

const SILENCE_MS = 12000;
const bench = document.getElementById("bench");
const mark = document.getElementById("live");
const away = document.getElementById("panel-away");
const pins = new Map();
let source = null;
let heardAt = Date.now();

function show(news) {
  heardAt = Date.now();
  connected(true);
  if (news.full) {
    stop();
    document.getElementById("slow").hidden = false;
    setTimeout(() => location.reload(), 10000);
  }
  if (news.now) setNow(news.now);
  for (const [pin, level] of Object.entries(news.pins ?? {})) pins.set(pin, level);
  for (const [name, html] of Object.entries(news.parts ?? {})) morph(bench.querySelector(`[data-part="${name}"]`), html);
  if (news.panel !== undefined) {
    away.hidden = !news.panel;
    away.textContent = news.panel;
    if (news.panel) pins.clear();
  }
  if (news.pins || news.parts || news.panel !== undefined) paint();
}

function paint() {
  for (const lamp of document.querySelectorAll("[data-pin]")) lamp.classList.toggle("lit", pins.get(lamp.dataset.pin) === 1);
  count(bench);
}

function connected(yes) {
  mark.classList.toggle("on", yes);
  mark.classList.toggle("off", !yes);
  mark.textContent = yes ? mark.dataset.on : mark.dataset.off;
  document.getElementById("lost").hidden = yes;
}

function listen() {
  source = new EventSource(bench.dataset.stream);
  source.onmessage = (event) => show(JSON.parse(event.data));
  source.onerror = () => {
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  };
}

function stop() {
  source?.close();
  source = null;
}

document.getElementById("place").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  button.disabled = true;
  await post(event.target.action, new FormData(event.target));
  button.disabled = false;
});
setNow(Number(bench.dataset.now));
setInterval(() => {
  count(bench);
  if (source && Date.now() - heardAt > SILENCE_MS) connected(false);
}, 250);
document.addEventListener("visibilitychange", () => {
  stop();
  if (document.hidden) return;
  heardAt = Date.now();
  listen();
});
addEventListener("pagehide", stop);
if (!document.hidden) listen();
