// What every page does: buttons of the form `act` without leaving the page, menus that close, messages that go away.
const toast = document.getElementById("toast");
const csrf = document.querySelector('meta[name="csrf"]').content;

/** Shows a message for a while. */
export function say(message, ok) {
  const line = document.createElement("p");
  line.className = ok ? "good" : "bad";
  line.textContent = message;
  toast.replaceChildren(line);
  leave(line, ok ? 2500 : 9000);
}

/** Posts form data; the answer's `ok`. What the box says of it is shown. */
export async function post(url, data) {
  try {
    const answer = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { Accept: "application/json", "X-CSRF-Token": csrf },
    });
    const said = await answer.json();
    if (said.login) location.assign(said.login);
    else if (said.message) say(said.message, said.ok);
    return said.ok === true;
  } catch {
    say(document.body.dataset.failed, false);
    return false;
  }
}

function leave(line, after) {
  setTimeout(() => line.remove(), after);
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (event.target.id !== "act" || !button) return;
  event.preventDefault();
  button.disabled = true;
  const menu = button.closest("details.menu");
  await post(button.getAttribute("formaction"), { [button.name]: button.value });
  button.disabled = false;
  if (menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  const open = document.querySelector("details.menu[open]");
  if (event.key !== "Escape" || !open) return;
  closeMenus();
  open.querySelector("summary").focus();
});
for (const line of toast.children) leave(line, 9000);
