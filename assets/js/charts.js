// Draws the charts of a page near the viewport, in the reader's theme, and offers them as files.
(function () {
  "use strict";
  const base = document.currentScript.src.replace(/[^/]*$/, "");
  const theme = window.hpTheme;
  const partner = new Map(Object.entries(theme.pairs));
  const figures = Array.from(document.querySelectorAll("figure.hp-chart"));
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false };
  const NARROW = 480;
  const LINE = 15;
  let library = null;

  function mode() {
    const chosen = document.body.dataset.theme;
    return chosen === "dark" || (chosen !== "light" && dark.matches) ? "dark" : "light";
  }

  function load() {
    if (!library) {
      library = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = base + "plotly-basic.min.js";
        script.onload = () => resolve(window.Plotly);
        script.onerror = reject;
        document.head.append(script);
      });
    }
    return library;
  }
  window.hpLoadPlotly = load;

  // Swap every palette colour for its partner; figures are written in the light colours.
  function recolor(value) {
    if (typeof value === "string") {
      if (partner.has(value)) return partner.get(value);
      return value.replace(/^rgba?\((\d+,\d+,\d+)/, (whole, channels) =>
        whole.replace(channels, partner.get(channels) || channels)
      );
    }
    if (Array.isArray(value)) return value.map(recolor);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, recolor(item)]));
    }
    return value;
  }

  function spec(figure, colors, width) {
    const text = figure.querySelector('script[type="application/json"]').textContent;
    let drawing = JSON.parse(text);
    if (colors === "dark") drawing = recolor(drawing);
    const layout = Object.assign({}, drawing.layout, { template: theme[colors] });
    layout.dragmode = layout.dragmode || false;
    fit(drawing.data, layout, width);
    return { data: drawing.data, layout };
  }

  // Make room: wrap row labels and axis titles to the width, and on a phone use small type, few ticks.
  function fit(data, layout, width) {
    const narrow = width < NARROW;
    if (narrow) {
      layout.font = Object.assign({}, layout.font, { size: 11 });
      layout.margin = Object.assign({}, layout.margin, { l: 8, r: 8 });
    }
    const letter = narrow ? 6 : 7;
    for (const name of new Set(Object.keys(layout).concat("xaxis", "yaxis"))) {
      if (!/^[xy]axis\d*$/.test(name)) continue;
      const axis = (layout[name] = Object.assign({}, layout[name]));
      const along = name.startsWith("x");
      const title = axis.title && (axis.title.text || axis.title);
      if (typeof title === "string") {
        const room = along ? width * (narrow ? 0.55 : 0.8) : (layout.height || 400) * 0.7;
        axis.title = Object.assign({}, axis.title, { text: wrap(title, Math.floor(room / letter)) });
      }
      if (along && narrow && !axis.tickvals && !axis.dtick) axis.nticks = axis.nticks || 5;
      if (!along) wrapRows(data, axis, name, width / letter, (layout.height || 400) * 0.75);
    }
  }

  // Row labels take a third of the width, or up to half where they would need more lines than fit.
  function wrapRows(data, axis, name, across, height) {
    const label = name.replace("axis", "");
    if (!axis.tickvals) {
      const rows = data
        .filter((trace) => (trace.yaxis || "y") === label && Array.isArray(trace.y))
        .flatMap((trace) => trace.y)
        .filter((row) => row !== null);
      const texts = rows.every((row) => typeof row === "string" && !/^[-+]?\d/.test(row));
      if (!rows.length || !texts || (axis.type && axis.type !== "category")) return;
      axis.tickvals = Array.from(new Set(rows));
      axis.ticktext = axis.tickvals;
    }
    if (!axis.ticktext || !axis.ticktext.length) return;
    const texts = axis.ticktext.map((text) => String(text).replace(/<br>/g, " "));
    const lines = Math.max(1, Math.floor(height / texts.length / LINE));
    let letters = across / 3;
    const tooMany = (text) => wrap(text, letters).split("<br>").length > lines;
    while (letters < across / 2 && texts.some(tooMany)) letters += 1;
    axis.ticktext = texts.map((text) => wrap(text, letters));
  }

  function paint(figure, colors) {
    const plot = figure.querySelector(".hp-plot");
    const drawing = spec(figure, colors, plot.clientWidth);
    figure.dataset.drawn = colors;
    const call = plot.data ? window.Plotly.react : window.Plotly.newPlot;
    return call(plot, drawing.data, drawing.layout, CONFIG);
  }

  function draw(figure) {
    if (figure.dataset.drawn) return;
    load().then(
      () => {
        if (!figure.dataset.drawn) paint(figure, mode()).then(() => offer(figure));
      },
      () => {
        figure.querySelector(".hp-plot").textContent =
          "The chart library could not be loaded. The data is in the table below.";
        figure.querySelector(":scope > details").open = true;
      }
    );
  }

  function repaint(colors) {
    for (const figure of figures) {
      if (figure.dataset.drawn && figure.dataset.drawn !== colors) paint(figure, colors);
    }
  }

  // --- Files: the picture carries title, sources and scenario, so it can travel alone.
  function save(name, content) {
    const link = document.createElement("a");
    link.download = name;
    link.href = typeof content === "string" ? content : URL.createObjectURL(content);
    link.click();
    if (typeof content !== "string") window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function words(figure, selector) {
    const part = figure.querySelector(selector);
    if (!part) return "";
    const copy = part.cloneNode(true);
    copy.querySelectorAll(".headerlink").forEach((extra) => extra.remove());
    return copy.textContent.replace(/\s+/g, " ").trim();
  }

  function wrap(text, width) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines.length - 1;
      if ((lines[last] + " " + word).length > width && lines[last]) lines.push(word);
      else lines[last] = (lines[last] + " " + word).trim();
    }
    return lines.join("<br>");
  }

  function escapeHtml(text) {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  }

  function picture(figure, format) {
    const drawing = spec(figure, "light", 900);
    const title = wrap(escapeHtml(words(figure, "figcaption")), 90);
    const foot = wrap(escapeHtml(words(figure, ".hp-sources") + " " + location.href.split("#")[0]), 95);
    const extra = 20 * title.split("<br>").length;
    const below = 14 * foot.split("<br>").length;
    const layout = Object.assign({}, drawing.layout, {
      paper_bgcolor: "#ffffff",
      title: { text: title, x: 0.01, xanchor: "left", y: 0.99, yanchor: "top", font: { size: 17 } },
      margin: Object.assign({}, theme.light.layout.margin, drawing.layout.margin),
    });
    const height = (layout.height || 400) + extra + below + 40;
    layout.height = height;
    layout.margin.t = (layout.margin.t || 24) + extra + 24;
    layout.margin.b = (layout.margin.b || 48) + below + 24;
    layout.annotations = (layout.annotations || []).concat({
      text: foot, showarrow: false, align: "left", font: { size: 10 },
      xref: "paper", x: 0, xanchor: "left", yref: "paper", y: 0, yanchor: "top",
      yshift: -layout.margin.b + below + 8,
    });
    return window.Plotly.toImage(
      { data: drawing.data, layout },
      { format, width: 960, height, scale: format === "png" ? 2 : 1 }
    );
  }

  function csv(figure) {
    const quote = (text) => (/[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text);
    const rows = Array.from(figure.querySelectorAll(":scope > details table tr"), (row) =>
      Array.from(row.cells, (cell) => quote(cell.dataset.v ?? cell.textContent)).join(",")
    );
    return new Blob(["\ufeff" + rows.join("\r\n") + "\r\n"], { type: "text/csv" });
  }

  function offer(figure) {
    const tools = figure.querySelector(".hp-tools");
    if (tools.hasChildNodes()) return;
    const kinds = {
      PNG: () => picture(figure, "png").then((data) => save(figure.id + ".png", data)),
      SVG: () => picture(figure, "svg").then((data) => save(figure.id + ".svg", data)),
      CSV: () => save(figure.id + ".csv", csv(figure)),
    };
    tools.append("Download: ");
    for (const [name, act] of Object.entries(kinds)) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.setAttribute("aria-label", "Download this chart as " + name);
      button.addEventListener("click", act);
      tools.append(button);
    }
  }

  // --- When to draw: at first only what is in view, not what just peeps in, so that the page is
  // ready at once; after the first scroll well ahead of the reader.
  function watch(rootMargin, threshold) {
    const watcher = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, intersectionRatio, target } of entries) {
          if (!isIntersecting || intersectionRatio < threshold) continue;
          watcher.unobserve(target);
          draw(target.closest("figure"));
        }
      },
      { rootMargin, threshold }
    );
    figures
      .filter((figure) => !figure.dataset.drawn)
      .forEach((figure) => watcher.observe(figure.querySelector(".hp-plot")));
    return watcher;
  }
  const first = watch("0px", 0.15);
  window.addEventListener(
    "scroll",
    () => {
      first.disconnect();
      watch("700px", 0);
    },
    { once: true, passive: true }
  );

  new MutationObserver(() => repaint(mode())).observe(document.body, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
  dark.addEventListener("change", () => repaint(mode()));

  // On paper: light colours, every chart; where the library is not there yet, the table instead.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    if (window.Plotly) {
      figures.forEach((figure) => paint(figure, "light"));
      return;
    }
    opened = figures.map((figure) => figure.querySelector(":scope > details")).filter((part) => !part.open);
    opened.forEach((part) => (part.open = true));
  });
  window.addEventListener("afterprint", () => {
    opened.forEach((part) => (part.open = false));
    opened = [];
    repaint(mode());
  });
})();
