/* The low-light switch. The choice is a cookie, so that the server draws the next page without a flash. */

const YEAR_SECONDS = 31_536_000;

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen === "low-light";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function label(button) {
  const dark = isDark();
  for (const word of button.querySelectorAll("[data-when]")) {
    word.hidden = (word.dataset.when === "dark") !== dark;
  }
}

export function startTheme() {
  const buttons = document.querySelectorAll("[data-theme-switch]");
  const labelAll = () => buttons.forEach(label);
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const theme = isDark() ? "light" : "low-light";
      document.documentElement.dataset.theme = theme;
      document.cookie = `theme=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
      labelAll();
    });
  }
  labelAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", labelAll);
}
