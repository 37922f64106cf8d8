// Keys for the curator's queue. Without this script the same buttons are pressed by mouse or Tab.

const items = [...document.querySelectorAll("[data-item]")];

const current = () => document.activeElement?.closest("[data-item]") ?? items[0];

const move = (step) => {
  const index = items.indexOf(document.activeElement?.closest("[data-item]"));
  items[Math.min(Math.max(index + step, 0), items.length - 1)]?.focus();
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches(".queue-car")) {
    // Not the form's first button, which is for all that are ticked.
    event.preventDefault();
    current()?.querySelector("[data-key=c]")?.click();
    return;
  }
  const typing = event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key === "u") document.querySelector("[data-undo]")?.click();
  else if (["c", "r", "x"].includes(key)) current()?.querySelector(`[data-key=${key}]`)?.click();
  else return;
  event.preventDefault();
});

items[0]?.focus();
