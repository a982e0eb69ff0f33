// A file of its own, since the page may have no code in it (Content-Security-Policy).
// The access token is kept for this tab until it expires; the password and the refresh token are not kept.
const SESSION = "indicators.docs.session";
const SCHEME = "bearer"; // of the document's security schemes
const ENDED = "Your session has ended. Sign in again.";
const form = document.getElementById("sign-in");
const said = document.getElementById("said");
let session = null;

function keptSession() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(SESSION));
    return kept && kept.until > Date.now() ? kept : null;
  } catch {
    return null;
  }
}

function use(found) {
  session = found;
  if (found) {
    sessionStorage.setItem(SESSION, JSON.stringify(found));
    window.ui.preauthorizeApiKey(SCHEME, found.token);
  } else {
    sessionStorage.removeItem(SESSION);
    window.ui.authActions.logout([SCHEME]);
  }
  form.hidden = Boolean(found);
  document.getElementById("signed-in").hidden = !found;
  document.getElementById("who").textContent = found ? found.name : "";
}

async function signIn(event) {
  event.preventDefault();
  said.textContent = "";
  const name = form.elements.username.value;
  const credentials = { [name.includes("@") ? "email" : "username"]: name, password: form.elements.password.value };
  try {
    const answer = await fetch("/api/v1/auth/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(credentials),
    });
    const body = await answer.json();
    if (!answer.ok) {
      said.textContent = body.detail;
      return;
    }
    form.reset();
    use({ token: body.access_token, name: body.user.username, until: Date.now() + body.expires_in * 1000 });
  } catch {
    said.textContent = "The service can't be reached. Try again.";
  }
}

async function signOut() {
  const headers = { Authorization: `Bearer ${session.token}` };
  use(null);
  await fetch("/api/v1/auth/logout", { method: "POST", headers }).catch(() => {});
}

window.onload = () => {
  form.addEventListener("submit", signIn);
  document.getElementById("sign-out").addEventListener("click", signOut);
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    tryItOutEnabled: true,
    // Left alone, Swagger UI would send the document's address to validator.swagger.io.
    validatorUrl: null,
    onComplete: () => use(keptSession()),
    responseInterceptor: (response) => {
      if (response.status === 401 && session) {
        use(null);
        said.textContent = ENDED;
      }
      return response;
    },
  });
};
