// Sending photos: drop, paste, camera, several at once. Without this script the form works as a plain form.
// Each photo has a row, which shows how it is sent and then its answer, as it comes.

const form = document.getElementById("drop");
const picker = document.getElementById("photos");
const camera = document.getElementById("camera");
const list = document.getElementById("uploads");
const summary = document.getElementById("uploads-summary");
const more = document.getElementById("uploads-more");
const maxBytes = Number(form.dataset.maxBytes);
const maxPhotos = Number(form.dataset.maxPhotos);
const AT_ONCE = 3;

form.classList.add("drop--script");
document.querySelector(".drop-hint").hidden = false;
document.getElementById("choose").classList.add("button", "button--primary");
picker.classList.add("visually-hidden");
picker.required = false;
document.getElementById("send").hidden = true; // choosing is sending
if (matchMedia("(pointer: coarse)").matches) {
  document.querySelector(".drop-camera").hidden = false;
  camera.hidden = false;
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const photos = (count) => `${count} photo${count === 1 ? "" : "s"}`;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(text, onClick) {
  const made = element("button", "button button--small", text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

// --- Sending -----------------------------------------------------------------------------------------------

// Another tab that signs in or out makes the token of this page stale: all its forms get a fresh one.
async function freshToken() {
  try {
    const answer = await fetch(form.dataset.token, { headers: { Accept: "application/json" } });
    const { name, token } = await answer.json();
    for (const input of document.querySelectorAll(`input[name=${name}]`)) input.value = token;
    return Boolean(token);
  } catch {
    return false;
  }
}

function post(file, onProgress) {
  return new Promise((resolve) => {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    // With it, photos that are sent at once are of one guest, also where the cookies are gone.
    body.append("guest", form.querySelector("[name=guest]").value);
    body.append("photos", file, file.name || "photo");
    const request = new XMLHttpRequest(); // fetch has no progress of uploads
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.timeout = 300000; // a large photo on a bad network
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* a proxy's page, say */ }
      const message = answer.message || `The server answered ${request.status}. Try again in a moment.`;
      const again = request.status >= 500 || request.status === 429 || !answer.message;
      resolve(answer.url ? answer : { message, again, isStale: answer.code === "stale_form" });
    });
    const lost = () => resolve({ message: "No connection. Nothing is lost: try again when you are online.", again: true });
    request.addEventListener("error", lost);
    request.addEventListener("timeout", lost);
    request.send(body);
  });
}

async function send(file, onProgress) {
  const answer = await post(file, onProgress);
  if (!answer.isStale) return answer;
  const second = (await freshToken()) ? await post(file, onProgress) : answer;
  if (!second.isStale) return second;
  const message = "Not sent: this page is older than your sign-in. Try again; if that does not help, reload the page and choose the photo again.";
  return { message, again: true };
}

function line(file) {
  const item = element("li", "upload", "");
  const image = document.createElement("img");
  image.alt = "";
  const preview = URL.createObjectURL(file);
  image.src = preview;
  image.addEventListener("load", () => URL.revokeObjectURL(preview));
  // Browsers show a torn picture for what they can't decode: HEIC in most of them, or a file that is no photo.
  image.addEventListener("error", () => { image.replaceWith(document.createElement("span")); URL.revokeObjectURL(preview); });
  const text = document.createElement("div");
  const name = element("div", "upload-name", file.name || "Pasted photo");
  const state = element("div", "upload-state muted", "Waiting to be sent …");
  text.append(name, state);
  const end = document.createElement("div");
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `Sending ${name.textContent}`);
  end.append(bar);
  item.append(image, text, end);
  list.append(item);
  return { item, image, state, end, bar, name: name.textContent };
}

async function handle(job, alone) {
  const { file, view } = job;
  if (file.size > maxBytes) {
    refuse(job, { message: `Larger than ${Math.round(maxBytes / 2 ** 20)} MB. Send a smaller version.` });
    return;
  }
  view.state.textContent = "Sending …";
  const answer = await send(file, (share) => { view.bar.value = share; });
  if (!answer.url) {
    refuse(job, answer);
    return;
  }
  if (alone) {
    location.assign(answer.url);
    return;
  }
  job.id = answer.id;
  view.state.textContent = answer.is_new ? "Sent. Waiting for its answer …" : "You have sent this photo before.";
  if (answer.note) view.state.after(element("div", "small", answer.note));
  const link = element("a", "button button--small", "Open");
  link.href = answer.url;
  link.append(element("span", "visually-hidden", ` ${view.name}`));
  view.end.replaceChildren(link);
  // The kept copy can be shown in every browser, HEIC or not.
  const kept = element("img", "", "");
  kept.alt = "";
  kept.src = `${answer.url}photo/?size=thumbnail`;
  (view.item.querySelector("img") ?? view.item.firstElementChild).replaceWith(kept);
}

function refuse(job, answer) {
  const { file, view } = job;
  job.isRefused = true;
  view.state.textContent = answer.message;
  view.state.classList.remove("muted");
  view.item.classList.add("upload--refused");
  view.end.replaceChildren();
  if (answer.again) view.end.append(button("Try again", () => { view.item.remove(); take([file]); }));
}

// --- Answers -----------------------------------------------------------------------------------------------

function show(job, answer) {
  const { view } = job;
  job.isAnswered = !answer.is_waiting;
  if (answer.is_waiting) return;
  view.state.classList.remove("muted");
  view.state.replaceChildren(element("strong", "", answer.title));
  if (answer.detail) view.state.append(element("div", "small muted", answer.detail));
}

function say(jobs, text) {
  const refused = jobs.filter((job) => job.isRefused).length;
  const parts = [text];
  if (refused) parts.push(`${photos(refused)} not taken: the reason is beside each.`);
  summary.textContent = parts.filter(Boolean).join(" ");
}

// Asks for all answers at once, ever more seldom, until each photo has one.
async function follow(jobs, state) {
  for (let round = 0; ; round += 1) {
    const ids = jobs.filter((job) => job.id).map((job) => job.id);
    if (ids.length) {
      const address = `${form.dataset.sent}?${new URLSearchParams(ids.map((id) => ["photo", id]))}`;
      try {
        const answer = await (await fetch(address, { headers: { Accept: "application/json" } })).json();
        for (const one of answer.photos) show(jobs.find((job) => job.id === one.id), one);
        say(jobs, answer.summary);
      } catch { /* away for a moment: the next round asks again */ }
    }
    if (state.isSent && jobs.every((job) => job.isAnswered || job.isRefused)) break;
    await pause(round < 10 ? 500 : round < 60 ? 1500 : 5000);
  }
  if (!jobs.some((job) => job.id)) say(jobs, "");
}

// --- Choosing ----------------------------------------------------------------------------------------------

function sendTogether(chosen) {
  const files = new DataTransfer();
  for (const photo of chosen.slice(0, maxPhotos)) files.items.add(photo);
  for (const photo of chosen.slice(maxPhotos)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = "not_sent"; // their names are said on the next page
    input.value = photo.name;
    form.append(input);
  }
  picker.files = files.files;
  form.submit(); // the plain form: one request, one page for all of them
}

// Says which photos are left out, before the others are sent and until these are sent too.
function holdBack(rest) {
  more.hidden = !rest.length;
  if (!rest.length) return;
  const text = `You chose ${photos(rest.length + maxPhotos)}; ${maxPhotos} are sent at a time. Not sent yet: ${rest.map((file) => file.name).join(", ")}.`;
  const next = button(`Send ${rest.length === 1 ? "it" : `these ${rest.length}`} now`, () => take(rest));
  more.replaceChildren(element("p", "", text), next);
}

async function take(chosen) {
  const files = [...chosen];
  if (!files.length) return;
  if (files.length > 1 && document.getElementById("same-car").checked) {
    await freshToken(); // the plain form can't ask again
    sendTogether(files);
    return;
  }
  list.hidden = false;
  holdBack(files.slice(maxPhotos));
  const jobs = files.slice(0, maxPhotos).map((file) => ({ file, view: line(file) }));
  (more.hidden ? list : more).scrollIntoView({ block: "nearest" });
  const alone = jobs.length === 1 && files.length === 1;
  const waiting = [...jobs];
  const next = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) await handle(job, alone);
  };
  const state = { isSent: false };
  const followed = alone ? null : follow(jobs, state);
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  state.isSent = true;
  await followed;
}

for (const input of [picker, camera]) {
  input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
}
form.addEventListener("submit", (event) => event.preventDefault());

let depth = 0; // dragenter and dragleave also fire for every child that is crossed
addEventListener("dragenter", (event) => {
  if (![...event.dataTransfer.types].includes("Files")) return;
  depth += 1;
  form.classList.add("drop--over");
});
addEventListener("dragleave", () => {
  depth = Math.max(0, depth - 1);
  if (!depth) form.classList.remove("drop--over");
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  form.classList.remove("drop--over");
  take([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => {
  const pasted = [...event.clipboardData.files]; // what they are is told by their content, where they are sent
  if (pasted.length) take(pasted);
});
