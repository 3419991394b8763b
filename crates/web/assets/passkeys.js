// Frontdesk: passkeys. A form with data-passkey asks its own server for a challenge, then the browser for an answer, and
// is sent like any other form. Without scripts, or without passkeys in the browser, the page offers its other ways.
"use strict";
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const REMEMBERED = "frontdesk-passkey";

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) => {
    let plain = "";
    for (const byte of new Uint8Array(buffer)) plain += String.fromCharCode(byte);
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const descriptors = (all) => (all ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  const ask = async (form) => {
    const body = new URLSearchParams({ csrf: form.elements.namedItem("csrf").value });
    const answer = await fetch(form.dataset.options, { method: "POST", body, headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer.json();
  };

  const create = async ({ publicKey }) => {
    const made = await navigator.credentials.create({
      publicKey: {
        ...publicKey,
        challenge: bytes(publicKey.challenge),
        user: { ...publicKey.user, id: bytes(publicKey.user.id) },
        excludeCredentials: descriptors(publicKey.excludeCredentials),
      },
    });
    const response = {
      attestationObject: text(made.response.attestationObject),
      clientDataJSON: text(made.response.clientDataJSON),
      transports: made.response.getTransports?.() ?? [],
    };
    return { id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} };
  };

  const get = async ({ publicKey }, more) => {
    const allowCredentials = descriptors(publicKey.allowCredentials);
    const shown = await navigator.credentials.get({
      ...more,
      publicKey: { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials },
    });
    const { authenticatorData, clientDataJSON, signature, userHandle } = shown.response;
    const response = {
      authenticatorData: text(authenticatorData),
      clientDataJSON: text(clientDataJSON),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    };
    return { id: shown.id, rawId: text(shown.rawId), type: shown.type, response, clientExtensionResults: {} };
  };

  const remembers = (what) => {
    try {
      if (what) localStorage.setItem(REMEMBERED, "1");
      return localStorage.getItem(REMEMBERED) === "1";
    } catch {
      return false;
    }
  };

  const send = (form, { challenge }, credential) => {
    form.elements.namedItem("challenge").value = challenge;
    form.elements.namedItem("credential").value = JSON.stringify(credential);
    remembers(true);
    form.submit();
  };

  // A request that waits in a field's suggestions is ended when the person asks by the button.
  let waiting;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const said = form.querySelector("[data-said]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      waiting?.abort();
      said.textContent = "";
      try {
        const asked = await ask(form);
        send(form, asked, await (form.dataset.passkey === "create" ? create(asked.options) : get(asked.options)));
      } catch (error) {
        said.textContent = error.name === "InvalidStateError" ? said.dataset.known : said.dataset.failed;
      }
    });
    form.hidden = false;
  }

  // Suggestions under the address field, where this browser has used a passkey here before.
  const form = document.querySelector('form[data-passkey="get"]');
  const suggests = PublicKeyCredential.isConditionalMediationAvailable;
  if (!form || !remembers(false) || !suggests) return;
  (async () => {
    if (!(await suggests.call(PublicKeyCredential))) return;
    const asked = await ask(form);
    waiting = new AbortController();
    send(form, asked, await get(asked.options, { mediation: "conditional", signal: waiting.signal }));
  })().catch(() => {
    // Nobody chose a suggestion; the page's other ways are there.
  });
})();
