/** What can be done from the page: each change is confirmed in a dialog, and sent by POST. */

/** What is said of a server, in words. */
const STATES = {
  drain: {
    title: "Drain a server",
    button: "Drain",
    text: (server) =>
      `${server}: no new requests, as long as another server can take them. Those under way end.`,
  },
  down: {
    title: "Take a server down",
    button: "Take down",
    text: (server) => `${server}: no requests at all.`,
  },
  up: {
    title: "Bring a server up",
    button: "Take up",
    text: (server) => `${server}: requests as usual.`,
  },
};

const MAINTENANCE = {
  on: {
    title: "Switch maintenance on",
    text:
      "Every request gets 503 and the page for maintenance. Addresses that a route excepts pass. It ends when it is switched off, or with the process.",
    button: "Switch on",
  },
  off: {
    title: "Switch maintenance off",
    text: "Requests are answered as usual.",
    button: "Switch off",
  },
};

/** How the value of a purge is called, and an example. */
const PURGE_VALUES = {
  url: ["URL", "https://shop.example/news"],
  prefix: ["Beginning of the URL", "https://shop.example/news/"],
  host: ["Host", "shop.example"],
  tag: ["Tag", "product-7"],
};

/**
 * @param {string} target
 * @param {unknown} content
 * @returns {Promise<any>}
 * @throws {Error} What is wrong, in a line.
 */
async function post(target, content) {
  let response;
  try {
    response = await fetch(target, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(content),
    });
  } catch (error) {
    throw new Error("sluice does not answer", { cause: error });
  }
  if (response.status === 401) throw new Error("log in again");
  const said = await response.json();
  if (!response.ok) throw new Error(said.error);
  return said;
}

function element(id) {
  return document.getElementById(id);
}

function closeWith(dialog) {
  dialog.querySelector("button[value=cancel]")
    .addEventListener("click", () => dialog.close());
}

/** The dialog that asks whether something is to be done, and does it. */
class Confirmation {
  #dialog = element("confirm-dialog");
  #action = () => Promise.resolve();

  constructor() {
    closeWith(this.#dialog);
    element("confirm-form").addEventListener("submit", async (event) => {
      event.preventDefault(); // the dialog stays until it is done
      element("confirm-button").disabled = true;
      try {
        await this.#action();
        this.#dialog.close();
      } catch (error) {
        element("confirm-answer").textContent = `Not done: ${error.message}.`;
      }
      element("confirm-button").disabled = false;
    });
  }

  ask({ title, text, button }, action) {
    this.#action = action;
    element("confirm-title").textContent = title;
    element("confirm-text").textContent = text;
    element("confirm-button").textContent = button;
    element("confirm-answer").textContent = "";
    this.#dialog.showModal();
  }
}

/** See the module's comment. */
export class Steering {
  #confirmation = new Confirmation();
  #isInMaintenance = false;

  constructor() {
    element("maintenance")
      .addEventListener("click", () => this.#switchMaintenance());
    preparePurge();
  }

  /** What the last update said. */
  show({ isInMaintenance }) {
    this.#isInMaintenance = isInMaintenance;
    element("maintenance").setAttribute(
      "aria-pressed",
      String(isInMaintenance),
    );
  }

  #switchMaintenance() {
    const on = !this.#isInMaintenance;
    this.#confirmation.ask(
      MAINTENANCE[on ? "on" : "off"],
      () => post("/maintenance", { on }),
    );
  }

  /** Says something of a server, once it is confirmed. */
  steer({ upstream, server }, state) {
    // Behind a name, there may stand the address that it leads to.
    const parts = [upstream, server.split(" ")[0]].map(encodeURIComponent);
    const { title, text, button } = STATES[state];
    this.#confirmation.ask(
      { title, text: text(`${server} of ${upstream}`), button },
      () => post(`/upstreams/${parts.join("/")}`, { state }),
    );
  }
}

function preparePurge() {
  const dialog = element("purge-dialog");
  const form = element("purge-form");
  const { kind, value, soft } = form.elements;
  const answer = element("purge-answer");
  closeWith(dialog);

  function adapt() {
    const known = PURGE_VALUES[kind.value];
    element("purge-value").hidden = known === undefined;
    value.required = known !== undefined;
    if (known === undefined) return;
    element("purge-value").querySelector("span").textContent = known[0];
    value.placeholder = known[1];
  }

  element("purge").addEventListener("click", () => {
    answer.textContent = "";
    adapt();
    dialog.showModal();
  });
  kind.addEventListener("change", adapt);
  form.addEventListener("submit", async (event) => {
    event.preventDefault(); // the dialog tells how many there were
    const what = kind.value === "all"
      ? { all: true }
      : { [kind.value]: value.value.trim() };
    try {
      const { purged } = await post("/purge", {
        ...what,
        ...(soft.checked ? { soft: true } : {}),
      });
      answer.textContent = purged === 1
        ? "1 response purged."
        : `${purged} responses purged.`;
    } catch (error) {
      answer.textContent = `Not purged: ${error.message}.`;
    }
  });
}
