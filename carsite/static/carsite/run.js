// Keeps a run's numbers up to date; when it ends, the page is loaded again. Without this script: reload.

const refresh = async () => {
  const shown = document.getElementById("run-progress");
  if (!shown || !("open" in shown.dataset)) return;
  try {
    const answer = await fetch(shown.dataset.url, { credentials: "same-origin" });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("run-progress");
      if (fresh && !("open" in fresh.dataset)) location.reload();
      else if (fresh) {
        const log = shown.querySelector("details");
        if (log?.open) fresh.querySelector("details")?.setAttribute("open", "");
        shown.replaceWith(fresh);
      }
    }
  } catch {
    // Away for a moment: the next time may go better.
  }
  setTimeout(refresh, 2000);
};

setTimeout(refresh, 2000);
