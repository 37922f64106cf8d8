// Fills the page from its part, as sites do that show nothing without a script.
const main = document.getElementById("main");
fill(document.body.dataset.part);

async function fill(address) {
  const response = await fetch(address);
  if (response.ok) main.innerHTML = await response.text();
  for (const element of document.querySelectorAll("[data-fetch]")) {
    fetch(element.dataset.fetch, { mode: "no-cors" }).catch(() => {});
  }
  const banner = document.createElement("script");
  banner.src = "http://adverts.example/banner.js";
  document.body.append(banner);
  if (response.ok) document.body.dataset.ready = "yes";
}
