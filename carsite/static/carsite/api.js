// The console of the API: Swagger UI on our own schema. What is tried out goes as the person who is signed in.

const place = document.getElementById("api-console");
const dark = matchMedia("(prefers-color-scheme: dark)");
const chosen = document.documentElement.dataset.theme;
const dress = () => document.documentElement.classList.toggle("dark-mode", chosen === "dark" || (chosen === "auto" && dark.matches));
dress();
dark.addEventListener("change", dress);

const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value;

window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (token && new URL(request.url, location.href).origin === location.origin) request.headers["X-CSRFToken"] = token;
    return request;
  },
});
