// Turning one piece of the page into a newer one, touching only what differs: focus, open menus and selections stay.

/** Makes the children of `target` those of `html`. Elements with `data-key` keep their identity when they move. */
export function morph(target, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  children(target, fresh.content);
}

function children(old, fresh) {
  const keyed = new Map();
  for (const child of old.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let at = old.firstChild;
  for (const want of [...fresh.childNodes]) {
    const match = keyed.get(want.dataset?.key) ?? (alike(at, want) && !at.dataset?.key ? at : null);
    if (!match) {
      old.insertBefore(want, at);
    } else {
      if (match === at) at = at.nextSibling;
      else old.insertBefore(match, at);
      update(match, want);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function alike(a, b) {
  return a && a.nodeType === b.nodeType && a.nodeName === b.nodeName && !b.dataset?.key;
}

function update(old, want) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== want.data) old.data = want.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!want.hasAttribute(name) && !(name === "open" && old.tagName === "DETAILS")) old.removeAttribute(name);
  }
  for (const { name, value } of want.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  // What a counting time says is the browser's business.
  if (!old.classList.contains("count")) children(old, want);
}
