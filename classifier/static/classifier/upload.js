// Sending photos: drop, paste, camera, several at once. Without this script the form works as a plain form.

const form = document.getElementById("drop");
const picker = document.getElementById("photos");
const camera = document.getElementById("camera");
const list = document.getElementById("uploads");
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

function send(file, onProgress) {
  return new Promise((resolve) => {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    body.append("photos", file, file.name || "photo");
    const request = new XMLHttpRequest(); // fetch has no progress of uploads
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.timeout = 120000;
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* a proxy's page, say */ }
      if (answer.url) resolve(answer);
      else resolve({ message: answer.message || `The server answered ${request.status}. Try again in a moment.` });
    });
    const lost = () => resolve({ message: "No connection. Nothing is lost: try again when you are online.", again: true });
    request.addEventListener("error", lost);
    request.addEventListener("timeout", lost);
    request.send(body);
  });
}

function line(file) {
  const item = document.createElement("li");
  item.className = "upload";
  const image = document.createElement("img");
  image.alt = "";
  const preview = URL.createObjectURL(file);
  image.src = preview;
  image.addEventListener("load", () => URL.revokeObjectURL(preview));
  // Browsers show a torn picture for what they can't decode: HEIC in most of them, or a file that is no photo.
  image.addEventListener("error", () => { image.replaceWith(document.createElement("span")); URL.revokeObjectURL(preview); });
  const text = document.createElement("div");
  const name = document.createElement("div");
  name.className = "upload-name";
  name.textContent = file.name || "Pasted photo";
  const state = document.createElement("div");
  state.className = "small muted";
  state.textContent = "Waiting …";
  text.append(name, state);
  const end = document.createElement("div");
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `Sending ${name.textContent}`);
  end.append(bar);
  item.append(image, text, end);
  list.append(item);
  return { item, state, end, bar };
}

async function handle(file, view, alone) {
  if (file.size > maxBytes) {
    refuse(file, view, { message: `Larger than ${Math.round(maxBytes / 2 ** 20)} MB. Send a smaller version.` });
    return;
  }
  view.state.textContent = "Sending …";
  const answer = await send(file, (share) => { view.bar.value = share; });
  if (!answer.url) return refuse(file, view, answer);
  if (alone) {
    location.assign(answer.url);
    return;
  }
  view.state.textContent = [answer.is_new ? "Sent." : "You have sent this photo before.", answer.note].filter(Boolean).join(" ");
  const link = document.createElement("a");
  link.href = answer.url;
  link.className = "button button--small";
  link.textContent = "See the answer";
  view.end.replaceChildren(link);
}

function refuse(file, view, answer) {
  view.state.textContent = answer.message;
  view.state.classList.remove("muted");
  view.item.classList.add("upload--refused");
  view.end.replaceChildren();
  if (!answer.again) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small";
  button.textContent = "Try again";
  button.addEventListener("click", () => { view.item.remove(); take([file]); });
  view.end.append(button);
}

function sendTogether(photos) {
  const files = new DataTransfer();
  for (const photo of photos) files.items.add(photo);
  picker.files = files.files;
  form.submit(); // the plain form: one request, one page for all of them
}

async function take(files) {
  const photos = [...files].slice(0, maxPhotos);
  if (!photos.length) return;
  if (photos.length > 1 && document.getElementById("same-car").checked) {
    sendTogether(photos);
    return;
  }
  list.hidden = false;
  const jobs = photos.map((file) => ({ file, view: line(file) }));
  if (files.length > maxPhotos) jobs.at(-1).view.state.textContent = `Only the first ${maxPhotos} photos are sent.`;
  list.scrollIntoView({ block: "nearest" });
  const alone = photos.length === 1;
  const next = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await handle(job.file, job.view, alone);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
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
  const photos = [...event.clipboardData.files];
  if (photos.length) take(photos); // what they are is told by their content, where they are sent
});
