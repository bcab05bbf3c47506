/* An answer about safety shows help at once, before anything is sent, and it is read out. */

const panel = document.getElementById("help-now");
const alreadyShown = panel && !panel.hidden;

function worried() {
  return [...document.querySelectorAll("[data-worry] input:checked")].some((input) => {
    const answers = input.closest("[data-worry]").dataset.worry;
    return answers ? answers.split(" ").includes(input.value) : input.value !== "0";
  });
}

function look(event) {
  if (!panel || alreadyShown) return;
  const wasHidden = panel.hidden;
  panel.hidden = !worried();
  if (!wasHidden || panel.hidden || !event?.target.closest("[data-worry-moves]")) return;
  event.target.closest("[data-worry-moves]").after(panel);
}

document.addEventListener("change", look);
look();
