// Cars ticked for comparing are set aside at once, and stay ticked on every page. Without this script a
// button of the same form does it.

const tray = () => document.getElementById("compare");
const ticks = () => document.querySelectorAll("input[name=v][form=compare]");

function sync() {
  const form = tray();
  if (!form) return;
  form.classList.add("tray--script"); // ticks are kept at once: no button for that
  const slugs = form.dataset.slugs.split(" ");
  const isFull = "full" in form.dataset;
  for (const tick of ticks()) {
    tick.checked = slugs.includes(tick.value);
    tick.disabled = isFull && !tick.checked;
  }
}

async function change(values) {
  const body = new URLSearchParams([...values, ["fragment", "1"], ["next", location.pathname + location.search]]);
  try {
    const answer = await fetch(tray().action, { method: "POST", body });
    if (!answer.ok) throw new Error(String(answer.status));
    const made = document.createElement("template");
    made.innerHTML = await answer.text();
    tray().replaceWith(made.content);
    sync();
  } catch {
    // Away for a moment: the ticks are as they were made, and the button sends them.
    tray().classList.remove("tray--script");
  }
}

document.addEventListener("change", (event) => {
  const tick = event.target;
  if (!tick.matches("input[name=v][form=compare]")) return;
  change([["shown", tick.value], ...(tick.checked ? [["v", tick.value]] : [])]);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=remove]");
  if (!button || button.form !== tray()) return;
  event.preventDefault();
  change([["remove", button.value]]);
});

document.addEventListener("htmx:afterSettle", sync);
addEventListener("pageshow", (event) => {
  if (event.persisted) change([]); // from the browser's memory, as it was before
});
sync();
