// The overview without reload: a stream of changes; when the box has no place for one, a question every few seconds.
import { count, setNow } from "./clocks.js";
import { morph } from "./morph.js";

const ASK_MS = 3000;
const SILENCE_MS = 12000; // the box says something at least every 5 s
const board = document.getElementById("board");
const mark = document.getElementById("live");
const announce = document.getElementById("announce");
let source = null;
let asking = null;
let heardAt = Date.now();
let version = board.dataset.version;

function show(news) {
  heardAt = Date.now();
  version = news.version;
  setNow(news.now);
  for (const [name, html] of Object.entries(news.parts)) morph(board.querySelector(`[data-part="${name}"]`), html);
  if (announce.textContent !== news.announce) announce.textContent = news.announce;
  document.title = news.title + board.dataset.suffix;
  count(board);
  connected(true);
}

function connected(yes) {
  mark.classList.toggle("on", yes);
  mark.classList.toggle("off", !yes);
  mark.textContent = yes ? mark.dataset.on : mark.dataset.off;
  document.getElementById("lost").hidden = yes;
}

function listen() {
  source = new EventSource(board.dataset.stream);
  source.onmessage = (event) => {
    const news = JSON.parse(event.data);
    if (!news.full) return show(news);
    document.getElementById("slow").hidden = false;
    return askInstead();
  };
  source.onerror = () => {
    // The browser tries again by itself, except when it was refused: then asking tells why.
    if (source?.readyState === EventSource.CLOSED) askInstead();
  };
}

function askInstead() {
  stop();
  asking = setInterval(ask, ASK_MS);
  ask();
}

async function ask() {
  try {
    const answer = await fetch(`${board.dataset.ask}?seen=${version}`, { headers: { Accept: "application/json" } });
    if (answer.status === 401) location.reload();
    else if (answer.status === 200) show(await answer.json());
    else heardAt = Date.now();
  } catch {
    // The silence is noticed below.
  }
}

function stop() {
  source?.close();
  source = null;
  clearInterval(asking);
  asking = null;
}

setNow(Number(board.dataset.now));
count(board);
setInterval(() => {
  count(board);
  if ((source || asking) && Date.now() - heardAt > SILENCE_MS) connected(false);
}, 250);
// A page nobody looks at gives its place to another.
document.addEventListener("visibilitychange", () => {
  stop();
  if (document.hidden) return;
  heardAt = Date.now();
  listen();
});
addEventListener("pagehide", stop);
if (!document.hidden) listen();
