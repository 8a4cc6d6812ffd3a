/* Passkeys: asks the browser to make or to use one, and sends what it answers with the form.

   `form[data-passkey]` says what is asked for: "create" and "get" have their options in the page, "sign-in" fetches
   them. A reader who cancels stays where they are, with a sentence about it. */

(() => {
  "use strict";

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  };

  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const known = (credentials) => (credentials || []).map((one) => ({ ...one, id: bytes(one.id) }));

  function creation(options) {
    return {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    };
  }

  function request(options) {
    return { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) };
  }

  function sent(credential) {
    const { response } = credential;
    const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
    const held = parts.filter((name) => response[name]).map((name) => [name, text(response[name])]);
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment || undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: Object.fromEntries(held),
    };
  }

  async function optionsOf(form) {
    if (form.dataset.passkey !== "sign-in") return JSON.parse(document.getElementById("passkey-options").textContent);
    const answer = await fetch(form.action, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    if (!answer.ok) throw new Error("unanswered");
    return answer.json();
  }

  async function use(form) {
    const { creation_options: make, request_options: ask } = await optionsOf(form);
    const credential = make
      ? await navigator.credentials.create({ publicKey: creation(make.publicKey) })
      : await navigator.credentials.get({ publicKey: request(ask.publicKey) });
    form.elements.credential.value = JSON.stringify(sent(credential));
    form.submit();
  }

  const REASONS = {
    NotAllowedError: "No passkey was used: you cancelled, it took too long, or this device has none for Confab.",
    InvalidStateError: "This device already has a passkey for your account.",
    SecurityError: "Passkeys need https, or localhost.",
    NotSupportedError: "This device cannot create a passkey.",
  };

  function tell(form, error) {
    const place = form.querySelector("[data-passkey-error]");
    place.textContent = REASONS[error.name] || "That did not work. Try again, or use another way.";
    place.hidden = false;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form || !window.PublicKeyCredential) return;
    event.preventDefault();
    use(form).catch((error) => tell(form, error));
  });

  for (const form of document.querySelectorAll("form[data-passkey]")) form.hidden = !window.PublicKeyCredential;
})();
