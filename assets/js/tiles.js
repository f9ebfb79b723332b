// Tile maps: the choice of layers, the difference between two of them, arrow keys, the detail line.
// Every number comes from the table of the map; every colour is a class of tiles.css.
(function () {
  "use strict";
  const NBSP = "\u00a0";
  const MINUS = "\u2212";
  const NUDGE = 1e-12; // rounds a half up, here as in figures/tiles.py

  function sign(value, signed) {
    return value < 0 ? MINUS : signed && value > 0 ? "+" : "";
  }

  // 540, 2.8k, 13k: at most two digits that count, as figures/tiles.py writes them.
  function short(value, signed) {
    const size = Number((Math.abs(value) * (1 + NUDGE)).toPrecision(2));
    const text = size >= 1e6 ? size / 1e6 + "m" : size >= 1e3 ? size / 1e3 + "k" : String(size);
    return size === 0 ? text : sign(value, signed) + text;
  }

  function written(value, digits, signed) {
    const [whole, rest] = Math.abs(value).toFixed(digits).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, NBSP);
    const text = rest ? grouped + "." + rest : grouped;
    return Number(whole + "." + (rest || 0)) === 0 ? text : sign(value, signed) + text;
  }

  function start(figure) {
    const form = figure.querySelector(".hp-tiles-bar");
    const [choice, base] = form.querySelectorAll("select");
    const detail = figure.querySelector(".hp-tiles-detail");
    const legends = Array.from(figure.querySelectorAll(".hp-tiles-legend"));
    const tiles = Array.from(figure.querySelectorAll(".hp-tile"));
    const lines = figure.querySelectorAll("tbody tr");
    const rows = tiles.map((tile) => lines[Number(tile.dataset.line)]);
    const places = tiles.map((tile) => ({
      row: Number(tile.parentElement.getAttribute("aria-rowindex")),
      column: Number(tile.getAttribute("aria-colindex")),
    }));
    let current = 0;

    // --- What a layer says of a place ---
    function entry(place, layer, less) {
      const cell = rows[place].cells[Number(layer.value) + 1];
      if (cell.dataset.v === undefined) {
        return { text: cell.textContent, mark: cell.dataset.mark, colour: cell.dataset.colour };
      }
      const scale = legends[Number(less ? base.dataset.scale : layer.dataset.scale)].dataset;
      const signed = scale.signed === "yes";
      const from = less ? Number(rows[place].cells[Number(less.value) + 1].dataset.v) : 0;
      const value = Number(cell.dataset.v) - from;
      const digits = (cell.textContent.split(".")[1] || "").length;
      const text = less ? written(value, digits, signed) : cell.textContent;
      const breaks = scale.breaks ? scale.breaks.split(" ").map(Number) : [];
      const step = breaks.filter((end) => value >= end).length;
      return {
        value,
        text: scale.unit ? text + NBSP + scale.unit : text,
        mark: short(value, signed),
        colour: scale.colours.split(" ")[step],
      };
    }

    function name(place) {
      return rows[place].cells[0].textContent;
    }

    // The layer to compare with, if one is chosen and can be compared.
    function other() {
      const option = base && !base.parentElement.hidden && base.selectedOptions[0];
      return option && option.value !== "" ? option : null;
    }

    function title(layer, less) {
      return less ? layer.label + " compared with " + less.label : layer.label;
    }

    function tell(place) {
      const layer = choice.selectedOptions[0];
      const less = other();
      const parts = [title(layer, less) + ": " + entry(place, layer, less).text];
      for (const option of choice.options) {
        if (option.dataset.always !== undefined && option !== layer) {
          parts.push(option.label + ": " + entry(place, option, null).text);
        }
      }
      detail.textContent = [name(place), ...parts].join("\n");
    }

    function summary(layer, less, entries) {
      const values = entries.map((found) => found.value);
      if (values.some((value) => value === undefined)) {
        return title(layer, less) + ". Point at a tile, or move with the arrow keys.";
      }
      const low = values.indexOf(Math.min(...values));
      const high = values.indexOf(Math.max(...values));
      if (entries[low].text === entries[high].text) {
        return title(layer, less) + ": " + entries[low].text + " everywhere.";
      }
      const end = (place) => entries[place].text + " (" + name(place) + ")";
      return title(layer, less) + ": from " + end(low) + " to " + end(high) + ".";
    }

    function show() {
      const layer = choice.selectedOptions[0];
      if (base) {
        const comparable = Array.from(base.options, (option) => option.value);
        base.parentElement.hidden = !comparable.includes(layer.value);
        for (const option of base.options) option.disabled = option.value === layer.value;
        if (base.value === layer.value) base.value = "";
      }
      const less = other();
      const entries = tiles.map((tile, place) => entry(place, layer, less));
      tiles.forEach((tile, place) => {
        tile.className = "hp-tile hp-on-" + entries[place].colour;
        tile.querySelector("i").textContent = entries[place].mark;
        tile.querySelector("span span").textContent = entries[place].text;
      });
      const scale = less ? base.dataset.scale : layer.dataset.scale;
      for (const legend of legends) legend.hidden = legend.dataset.scale !== scale;
      detail.textContent = summary(layer, less, entries);
    }

    // --- Arrow keys ---
    // The nearest tile straight ahead; where there is none, the nearest one ahead at all.
    function ahead(from, down, right) {
      const steps = places.map((place, index) => {
        const rows = (place.row - places[from].row) * (down || 1);
        const columns = (place.column - places[from].column) * (right || 1);
        const along = down ? rows : columns;
        const across = Math.abs(down ? columns : rows);
        return { index, along, across };
      });
      const front = steps.filter((step) => step.along > 0);
      const straight = front.filter((step) => step.across === 0);
      const cost = (step) => step.along + 3 * step.across;
      const best = (straight.length ? straight : front).reduce(
        (found, step) => (found && cost(found) <= cost(step) ? found : step),
        null
      );
      return best ? best.index : from;
    }

    function ends(from, last, all) {
      const near = places.map((place, index) => index).filter(
        (index) => all || places[index].row === places[from].row
      );
      return last ? near[near.length - 1] : near[0];
    }

    function move(to) {
      tiles[current].tabIndex = -1;
      current = to;
      tiles[current].tabIndex = 0;
    }

    figure.querySelector(".hp-tiles-map").addEventListener("keydown", (event) => {
      if (event.altKey || event.metaKey || (event.ctrlKey && !/^(Home|End)$/.test(event.key))) return;
      const target = {
        ArrowDown: () => ahead(current, 1, 0),
        ArrowUp: () => ahead(current, -1, 0),
        ArrowRight: () => ahead(current, 0, 1),
        ArrowLeft: () => ahead(current, 0, -1),
        Home: () => ends(current, false, event.ctrlKey),
        End: () => ends(current, true, event.ctrlKey),
      }[event.key];
      if (!target) return;
      event.preventDefault();
      move(target());
      tiles[current].focus();
    });
    tiles.forEach((tile, place) => {
      tile.addEventListener("focus", () => {
        move(place);
        tell(place);
      });
      tile.addEventListener("pointerenter", () => tell(place));
    });

    form.addEventListener("change", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    detail.hidden = false;
    show();
  }

  for (const figure of document.querySelectorAll("figure.hp-tiles")) start(figure);
})();
