// Offers names of cars while one is typed, in inputs that say where to ask: data-names="ADDRESS".
// Without this script the whole name, or the address of the car's page, is typed.

const WAIT = 200;

document.querySelectorAll("input[data-names]").forEach((input, index) => {
  const list = document.createElement("datalist");
  list.id = `names-of-cars-${index}`;
  input.after(list);
  input.setAttribute("list", list.id);
  let timer;

  const offer = async () => {
    const query = input.value.trim();
    if (query.length < 2) return;
    try {
      const answer = await fetch(`${input.dataset.names}?q=${encodeURIComponent(query)}`);
      if (!answer.ok || input.value.trim() !== query) return;
      const { names } = await answer.json();
      list.replaceChildren(...names.map((name) => new Option("", name)));
    } catch {
      // Away for a moment: the next letter asks again.
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, WAIT);
  });
});
