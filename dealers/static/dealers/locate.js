// "Use my location": fills the place in and searches. Without this script people type a city.
const button = document.querySelector("[data-locate]");
const note = document.querySelector("[data-locate-status]");

const REASONS = {
  1: "Your browser does not tell us where you are. Type a city instead.",
  2: "Your device does not know where it is just now. Type a city instead.",
  3: "Finding your place took too long. Try again or type a city.",
};

function search({ coords }) {
  // Two decimals, about a kilometre: near enough for a dealer, too coarse for a front door.
  const near = button.form.elements.namedItem("near");
  near.value = `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`;
  button.form.requestSubmit();
}

function explain({ code }) {
  button.disabled = false;
  note.textContent = REASONS[code] ?? REASONS[2];
}

if (button && "geolocation" in navigator && window.isSecureContext) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    note.textContent = "Finding your place…";
    navigator.geolocation.getCurrentPosition(search, explain, { timeout: 10_000, maximumAge: 600_000 });
  });
  // Back from the results, the page may come out of the browser's cache as it was left.
  window.addEventListener("pageshow", () => {
    button.disabled = false;
    note.textContent = "";
  });
}
