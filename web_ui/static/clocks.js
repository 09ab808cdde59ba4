// Times that count up: every <time class="count" data-since="UTC ms"> on the page, by the box's clock.
let offset = 0;

/** The box says that it is `now` (UTC ms). */
export function setNow(now) {
  offset = now - Date.now();
}

/** Writes every counting time under `root` as it is now. */
export function count(root = document) {
  const now = Date.now() + offset;
  for (const time of root.querySelectorAll("time.count")) {
    const text = duration(now - Number(time.dataset.since));
    if (time.textContent !== text) time.textContent = text;
  }
}

function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
