"use strict";
// Steps through the frames of a figure. Without it, or until it is used, the figure shows all of them side by side.
const SHADES = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

const made = (name, attributes, ...children) => {
  const node = name === "svg" || name === "path" || name === "circle"
    ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

const shade = share => {
  const place = share * (SHADES.length - 1), low = Math.min(Math.floor(place), SHADES.length - 2);
  return SHADES[low].map((value, index) => value + (SHADES[low + 1][index] - value) * (place - low));
};

const plane = (stage, data, at) => {
  const level = data.levels[data.order[at]], side = Math.sqrt(level.length);
  const canvas = made("canvas", {width: side, height: side}), pen = canvas.getContext("2d");
  [...level].forEach((band, index) => {
    if (band === "-") return;
    pen.fillStyle = `rgb(${shade(parseInt(band, 36) / 35)})`;
    pen.fillRect(index % side, side - 1 - Math.floor(index / side), 1, 1);
  });
  const way = data.path.slice(0, at + 1).filter(point => point).map(([u, v]) => [u, -v]);
  const line = way.map((point, index) => (index ? "L" : "M") + point).join("");
  const marks = [["#000", .05], ["#fff", .025]].map(
    ([stroke, width]) => made("path", {d: line || "M9 9", stroke, "stroke-width": width, "stroke-linejoin": "round"}));
  const here = data.path[at];
  const dot = here ? [made("circle", {cx: here[0], cy: -here[1], r: .045, fill: "#fff", stroke: "#000"})] : [];
  const star = made("path", {d: "M0-.09L.026-.03.09-.028.04.012.056.075 0 .038-.056.075-.04.012-.09-.028-.026-.03Z",
    fill: "#fff", stroke: "#000", "stroke-width": .012});
  stage.replaceChildren(canvas, made("svg", {viewBox: "-1 -1 2 2", "aria-hidden": "true"}, ...marks, star, ...dot));
  return here ? "" : ", off this plane";
};

const digits = (cell, index, data, at) => {
  cell.textContent = data.cells[at][index];
  if (data.given[index]) cell.classList.add("given");
  if (data.cells[at][index] !== data.right[index]) cell.classList.add("wrong");
};

const errors = (cell, index, data, at) => {
  const size = data.cells[at][index];
  if (size === null) cell.textContent = "?";
  else cell.style.background = `color-mix(in srgb, var(--arm-2) ${100 * size}%, transparent)`;
};

const board = fill => (stage, data, at) => {
  const [rows, columns] = data.rulers || [0, 0], last = data.cells[at].length / data.columns;
  const most = Math.max(last, data.columns), look = `grid-template-columns: repeat(${data.columns}, 1fr); font-size: ${50 / most}cqw`;
  const table = made("div", {class: "cells", style: `${look}; height: 100%`});
  data.cells[at].forEach((_, index) => {
    const cell = made("span", {}), row = Math.floor(index / data.columns) + 1, column = index % data.columns + 1;
    if (columns && column % columns === 0 && column < data.columns) cell.classList.add("right-edge");
    if (rows && row % rows === 0 && row < last) cell.classList.add("low-edge");
    fill(cell, index, data, at);
    table.append(cell);
  });
  stage.style.aspectRatio = `${data.columns} / ${last}`;
  stage.replaceChildren(table);
  const wrong = data.right ? data.cells[at].filter((value, index) => value !== data.right[index]).length : null;
  return wrong === null ? "" : `, ${wrong} wrong`;
};

const KINDS = {plane, digits: board(digits), errors: board(errors)};

for (const place of document.querySelectorAll(".explorer")) {
  const data = JSON.parse(place.dataset.frames), still = place.previousElementSibling, most = data.told.length - 1;
  const title = place.parentElement.querySelector(".title").textContent;
  const stage = made("div", {class: "stage", hidden: ""});
  const slide = made("input", {type: "range", min: 0, max: most, value: 0, "aria-label": `landscapes of ${title}`});
  const button = (text, label, act) => {
    const node = made("button", {type: "button", "aria-label": label}, text);
    node.addEventListener("click", act);
    return node;
  };
  const said = made("output", {"aria-live": "polite"}, `${most + 1} landscapes visited: step through them`);
  const show = at => {
    slide.value = at;
    stage.hidden = false;
    still.style.display = "none";
    said.textContent = `${data.told[at]}${KINDS[data.kind](stage, data, at)} (${at + 1} of ${most + 1})`;
  };
  const all = () => {
    stage.hidden = true;
    still.style.display = "";
    said.textContent = `${most + 1} landscapes visited`;
  };
  const step = by => () => show(stage.hidden ? (by > 0 ? 0 : most) : Math.min(most, Math.max(0, +slide.value + by)));
  slide.addEventListener("input", () => show(+slide.value));
  place.append(stage, made("div", {class: "bar"}, button("\u2039", "previous landscape", step(-1)), slide,
    button("\u203a", "next landscape", step(1)), button("all", "all at once", all)), said);
  place.hidden = false;
}
