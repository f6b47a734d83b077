import { el, once, setText } from "../dom.js";
import { trouble as wordsFor } from "../words.js";

export interface Question {
  readonly title: string;
  readonly text: string;
  /** Rejects when the password was not taken. */
  readonly prove: (password: string) => Promise<unknown>;
}

let opened = 0;

/** Asks for the password until it is right, or the person does not want to. True: it was proved. */
export function askPassword({ title, text, prove }: Question): Promise<boolean> {
  const id = `password-dialog-${++opened}`;
  const input = el("input", {
    id: `${id}-input`,
    type: "password",
    autocomplete: "current-password",
    required: true,
    autofocus: true,
    "aria-describedby": `${id}-trouble`,
    "data-testid": "step-up-password",
  });
  const trouble = el("p", { id: `${id}-trouble`, class: "trouble", role: "alert" });
  const submit = el("button", { type: "submit", class: "primary", "data-testid": "step-up-confirm" }, "Confirm");
  const dialog = el("dialog", { class: "label ask", "aria-labelledby": `${id}-title`, "data-testid": "step-up" });

  async function confirm(): Promise<void> {
    setText(trouble, "");
    try {
      await prove(input.value);
      dialog.close("proved");
    } catch (error) {
      setText(trouble, wordsFor(error));
      input.select();
    }
  }

  function submitted(event: Event): void {
    event.preventDefault();
    void once(submit, confirm);
  }

  dialog.append(
    el(
      "form",
      { class: "form", submit: submitted },
      el("h2", { id: `${id}-title` }, title),
      el("p", {}, text),
      el("div", { class: "field" }, el("label", { for: `${id}-input` }, "Password"), input),
      trouble,
      el(
        "div",
        { class: "choices" },
        submit,
        el("button", { type: "button", "data-testid": "step-up-cancel", click: () => dialog.close() }, "Not now"),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "proved");
    });
  });
}
