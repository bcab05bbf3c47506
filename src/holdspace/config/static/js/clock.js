/* Running times: since a dose, until the next observation, how old a reading is. */

import { now } from "./page.js";

const two = (number) => String(number).padStart(2, "0");

export function running(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export function amount(milliseconds) {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  if (seconds < 90 * 60) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.floor(seconds / 3600)} h`;
  const days = Math.floor(seconds / 86400);
  return days === 1 ? "1 day" : `${days} days`;
}

export function ageWords(milliseconds, isShort = false) {
  if (Math.abs(milliseconds) < 60_000) return isShort ? "now" : "just now";
  if (isShort && milliseconds > 0) return amount(milliseconds);
  return milliseconds < 0 ? `in ${amount(milliseconds)}` : `${amount(milliseconds)} ago`;
}

/* Minutes and seconds in the last ten minutes, when seconds begin to matter. */
export function untilWords(left) {
  if (left < 0) return `overdue by ${amount(left)}`;
  if (left > 600_000) return `in ${amount(left)}`;
  return `in ${Math.floor(left / 60_000)}:${two(Math.floor(left / 1000) % 60)}`;
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function tick() {
  const at = now();
  for (const node of document.querySelectorAll("time[data-since]")) {
    put(node, running(at - Date.parse(node.dataset.since)));
  }
  for (const node of document.querySelectorAll("time[data-until]")) {
    const left = Date.parse(node.dataset.until) - at;
    node.classList.toggle("overdue", left < 0);
    put(node, untilWords(left));
  }
  for (const node of document.querySelectorAll("time[data-age]")) {
    put(node, ageWords(at - Date.parse(node.dataset.age), "short" in node.dataset));
  }
}

export function startClocks() {
  tick();
  setInterval(tick, 1000);
}
